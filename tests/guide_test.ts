/** Holds the guides at the root: every path they name is there, and nobody who follows one gets lost. */
import { assert, assertEquals } from "@std/assert";
import { markdownFiles } from "../docs/scripts/compose_site.ts";
import { roomOf } from "./support/layer_rules.ts";
import { fromFileUrl, REPO, sourceFiles } from "./support/repo.ts";

const GUIDES = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md", "AGENTS.md"];
/** Paths as code: below a folder of the repo, or a file of the repo, which has to be named with its folder. */
const PATH = /`((?:admin|runtime|tests|docs|\.ci|\.github)\/[\w./-]*|[\w./-]+\.(?:tsx?|mjs)|deno[a-z.]*\.json)`/g;
const LINK = /\]\((?!https?:|#|mailto:)([^)#\s]+)[^)]*\)/g;

async function exists(path: string): Promise<boolean> {
  try {
    await Deno.stat(new URL(path, REPO));
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return false;
    throw error;
  }
}

for (const guide of GUIDES) {
  Deno.test(`Every path and link of ${guide} leads somewhere`, async () => {
    const text = await Deno.readTextFile(new URL(guide, REPO));
    const named = [...text.matchAll(PATH), ...text.matchAll(LINK)].map(([, path]) => path!);
    assert(named.length > 0, "it names nothing");
    const missing: string[] = [];
    // What a build makes is not there before it
    for (const path of new Set(named)) if (!/^docs\/dist/.test(path) && !await exists(path)) missing.push(path);
    assertEquals(missing, []);
  });
}

Deno.test("ARCHITECTURE.md has a sentence for every room", async () => {
  const text = await Deno.readTextFile(new URL("ARCHITECTURE.md", REPO));
  const files = [...await sourceFiles("admin"), ...await sourceFiles("runtime")];
  const rooms = new Set(files.map((file) => roomOf(file).replace(/^(runtime\/std\/).*/, "$1")));
  const folders = [...rooms].filter((room) => room.endsWith("/"));
  const told = new Set([...text.matchAll(/^\| `([^`]+)` +\| \S/gm)].map(([, room]) => room));
  assert(folders.length > 20, "the rooms are not found");
  assertEquals(folders.filter((room) => !told.has(room)), []);
});

Deno.test("Every path of the source that a decision record or a page names is there", async () => {
  const missing: string[] = [];
  let named = 0;
  for (const folder of ["docs/decisions", "docs/pages", "docs/observability"]) {
    for (const file of await markdownFiles(fromFileUrl(new URL(folder, REPO)))) {
      const text = await Deno.readTextFile(new URL(`${folder}/${file}`, REPO));
      for (const [path] of text.matchAll(/(?<![\w./-])(?:admin|runtime|tests)\/[\w/-]+(?:\.[a-z]+|\/)/g)) {
        named++;
        if (!await exists(path)) missing.push(`${folder}/${file}: ${path}`);
      }
    }
  }
  assert(named > 10, "they name nothing");
  assertEquals(missing, []);
});
