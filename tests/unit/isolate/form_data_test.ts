/** The isolate's own FormData, and the bytes that it becomes. */
import { assertEquals, assertInstanceOf, assertMatch, assertStrictEquals, assertThrows } from "@std/assert";
import { AppBlob, AppFile } from "../../../runtime/isolate/bodies/blob.ts";
import { AppFormData } from "../../../runtime/isolate/bodies/form_data.ts";
import { isKnownBody, knownBody } from "../../../runtime/isolate/bodies/known_body.ts";
import { SeededRandom } from "../../support/seeded_random.ts";

const CASES = 2000;

Deno.test("FormData behaves as Deno's over random calls", () => {
  const random = SeededRandom.fromEnv("forms");
  const names = ["a", "b", "\ud800", "", 5, null];
  const values = ["x", "\ud800", 7, null, undefined, { toString: () => "shown" }];
  const methods = ["append", "set", "delete", "get", "getAll", "has"] as const;
  for (let at = 0; at < CASES; at++) {
    const own = new AppFormData() as unknown as FormData;
    const native = new FormData();
    for (let step = 0; step < 8; step++) {
      const method = random.pick(methods);
      const name = random.pick(names);
      const value = random.pick(values);
      const call = (form: FormData) =>
        (form[method] as (...given: unknown[]) => unknown)(
          ...method === "append" || method === "set" ? [name, value] : [name],
        );
      assertEquals(call(own), call(native), method);
    }
    assertEquals([...own], [...native]);
    assertEquals([[...own.keys()], [...own.values()]], [[...native.keys()], [...native.values()]]);
  }
});

Deno.test("FormData looks like one: names, lengths, descriptors, its iterators", () => {
  for (const key of Reflect.ownKeys(FormData.prototype)) {
    const shape = (prototype: object) => {
      const { value, enumerable, configurable, writable } = Object.getOwnPropertyDescriptor(prototype, key)!;
      const isMethod = typeof value === "function" && key !== "constructor" && typeof key === "string";
      // WebIDL counts required arguments only, where Deno counts all.
      const length = key === "append" || key === "set" ? 2 : value.length;
      return [enumerable, configurable, writable, ...isMethod ? [value.name, length] : []];
    };
    assertEquals(shape(AppFormData.prototype), shape(FormData.prototype), String(key));
  }
  const form = new AppFormData();
  assertEquals([AppFormData.name, AppFormData.length, String(form)], ["FormData", 0, "[object FormData]"]);
  assertStrictEquals(AppFormData.prototype[Symbol.iterator as unknown as "entries"], AppFormData.prototype.entries);
  assertEquals(String(form.entries()), "[object FormData Iterator]");
  form.append("a", "1");
  const seen: unknown[] = [];
  for (const [name] of form as unknown as FormData) {
    seen.push(name);
    if (seen.length < 3) form.append("more", "2");
  }
  assertEquals(seen, ["a", "more", "more"]);
  assertThrows(() => AppFormData.prototype.get.call({}, "a"), TypeError);
  assertThrows(() => (form.append as (name: string) => void)("a"), TypeError);
  assertThrows(() => new AppFormData({}), TypeError);
});

Deno.test("Blobs become Files, and Files stay the same objects unless they are renamed", () => {
  const form = new AppFormData();
  form.append("blob", new AppBlob(["x"], { type: "a/b" }));
  form.append("named", new AppBlob(["x"]), "given \ud800");
  const file = new AppFile(["y"], "own", { lastModified: 7, type: "c/d" });
  form.append("file", file);
  form.append("file", file, "new");
  const shown = (value: unknown) => {
    assertInstanceOf(value, AppFile);
    return [value.name, value.type];
  };
  assertEquals([shown(form.get("blob")), shown(form.get("named"))], [["blob", "a/b"], ["given \ufffd", ""]]);
  const [same, renamed] = form.getAll("file");
  assertStrictEquals<unknown>(same, file);
  assertEquals([shown(renamed), (renamed as unknown as AppFile).lastModified], [["new", "c/d"], 7]);
  assertThrows(() => form.append("a", "no blob", "name"), TypeError);
});

Deno.test("A form's bytes are those of the standard: line breaks, escapes, types, the closing boundary", async () => {
  const form = new AppFormData();
  form.append('q"\n', "a\rb\nc\r\nd");
  form.append("f", new AppFile(["bytes\n"], 'n"\n%.txt', { type: "a/b" }));
  form.append("g", new AppFile([], ""));
  const known = knownBody(form)!;
  const boundary = /^multipart\/form-data; boundary=(----[\w-]{23,66})$/.exec(known.type)?.[1];
  assertMatch(known.type, /boundary/);
  const text = await new AppBlob(known.parts).text();
  assertEquals(text.replaceAll(boundary!, "B").split("\r\n"), [
    ...["--B", 'Content-Disposition: form-data; name="q%22%0D%0A"', "", "a", "b", "c", "d"],
    ...["--B", 'Content-Disposition: form-data; name="f"; filename="n%22%0A%.txt"', "Content-Type: a/b", "", "bytes\n"],
    ...[
      "--B",
      'Content-Disposition: form-data; name="g"; filename=""',
      "Content-Type: application/octet-stream",
      "",
      "",
    ],
    ...["--B--", ""],
  ]);
  assertEquals([known.size, isKnownBody(known)], [new TextEncoder().encode(text).length, true]);
});

Deno.test("A body of another kind is not known: Deno's classes take it", () => {
  for (const body of [null, undefined, "x", new Uint8Array(1), new URLSearchParams(), new ReadableStream(), {}]) {
    assertEquals(knownBody(body), null);
  }
});
