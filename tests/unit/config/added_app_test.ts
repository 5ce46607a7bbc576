/** An app that is added to the text of a nano.json. */
import { assertEquals, assertThrows } from "@std/assert";
import { withAddedApp } from "../../../runtime/config/added_app.ts";
import { parseJsonDocument } from "../../../runtime/config/json_document.ts";

const APP = { name: "new", path: "./new" };

Deno.test("What stands in nano.json stays as it is, wherever the last app ends", () => {
  const cases = [
    [
      `{\n  // top\n  "apps": [\n    { "name": "a", "path": "a" } // about a\n  ]\n}\n`,
      `{\n  // top\n  "apps": [\n    { "name": "a", "path": "a" }, // about a\n    {\n      "name": "new",\n      "path": "./new"\n    }\n  ]\n}\n`,
    ],
    [
      `{\n\t"apps": [\n\t\t{ "name": "a" } /* x */ , // about a\n\t],\n}`,
      `{\n\t"apps": [\n\t\t{ "name": "a" } /* x */ , // about a\n\t\t{\n\t\t\t"name": "new",\n\t\t\t"path": "./new"\n\t\t},\n\t],\n}`,
    ],
  ];
  for (const [before, after] of cases) assertEquals(withAddedApp(before!, APP), after);
});

Deno.test("The app is the last one of every document that has a place for it", () => {
  const texts = [
    "{}",
    "{ }\n",
    '{"apps":[]}',
    '{"apps":[{"name":"a"}]}',
    '{"port":1,\r\n"apps":[\r\n{"name":"a"}\r\n]\r\n}',
  ];
  for (const text of texts) {
    const { apps } = parseJsonDocument(withAddedApp(text, APP)).value as { apps: unknown[] };
    assertEquals(apps.at(-1), APP, text);
  }
});

Deno.test("A document without a place, or with an app of the name, is refused", () => {
  assertThrows(() => withAddedApp("[]", APP), TypeError, "it holds no object");
  assertThrows(() => withAddedApp('{"apps":{}}', APP), TypeError, '"apps" is no list');
  assertThrows(() => withAddedApp('{"apps":[{"name":"new"}]}', APP), TypeError, 'it has an app "new" already');
});
