/** Tests how links of an archive are followed: by few steps, however they lead through each other. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { ArchiveLinks, type EntryKind } from "../../../runtime/store/archive_links.ts";

/** What an archive has, and how often it was asked. */
class Kinds extends Map<string, EntryKind> {
  asked = 0;

  override get(path: string): EntryKind | undefined {
    this.asked++;
    return super.get(path);
  }
}

function linked(links: Readonly<Record<string, string>>): { readonly links: ArchiveLinks; readonly kinds: Kinds } {
  const kinds = new Kinds([["d", "folder"], ["f", "folder"], ["f/x", "file"]]);
  const all = new ArchiveLinks(kinds);
  for (const [name, target] of Object.entries(links)) {
    kinds.set(name, "link");
    all.add(name, { name, kind: "symbolic", target });
  }
  return { links: all, kinds };
}

/** Each leads to a folder through the next one. @param way from there on */
function chain(length: number, way: string): Record<string, string> {
  return Object.fromEntries(
    Array.from({ length }, (_, at) => [`l${at}`, `${at === length - 1 ? "f" : `l${at + 1}`}/../${way}f`]),
  );
}

Deno.test("Links that lead through each other are followed once each", () => {
  const way = "d/../".repeat(100);
  const { links, kinds } = linked(chain(40, way));
  for (const path of links.paths) assertEquals(links.resolve(path, ""), "f");
  assert(kinds.asked < 40 * 200, `${kinds.asked} looks`);
});

Deno.test("A way of more than 40 links is a circle, whichever of them is followed first", () => {
  const target = "that leads in a circle";
  for (const from of ["first", "last"]) {
    const { links } = linked(chain(41, ""));
    const paths = [...links.paths];
    if (from === "last") { for (const path of paths.slice(1).reverse()) assertEquals(links.resolve(path, ""), "f"); }
    assertThrows(() => links.resolve("l0", ""), Error, target);
    assertEquals(links.resolve("l1", ""), "f");
  }
  const { links } = linked({ one: "two/x", two: "one/x" });
  for (const path of links.paths) assertThrows(() => links.resolve(path, ""), Error, target);
});

Deno.test("Links to what is not there, or through a file, lead nowhere, also at the end of others", () => {
  const { links } = linked({ none: "d/none", file: "f/x/y", over: "none/../f", past: "last/x", last: "f/x" });
  const ends = Object.fromEntries([...links.paths].map((path) => [path, links.resolve(path, "")]));
  assertEquals(ends, { none: null, file: null, over: null, past: null, last: "f/x" });
});
