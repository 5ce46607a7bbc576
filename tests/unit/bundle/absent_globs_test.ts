/** Calls that ask for what lies in a folder that is not there: in code and in texts. */
import { assertEquals } from "@std/assert";
import { withoutAbsentGlobs } from "../../../runtime/bundle/absent_globs.ts";
import { appFolder } from "./app_folder.ts";

Deno.test("Calls for what is in a folder that is not there are none that a bundler looks up, and their names stay the same", async () => {
  await using app = await appFolder({ "there/a.js": "" });
  const text = 'require("./gone/" + type + "/x"); require("./there/" + type); import(`./gone/${type}.js`);';
  const made = await withoutAbsentGlobs(text, app.path, new Set());
  assertEquals(
    made,
    'require([].join() + "./gone/" + type + "/x"); require("./there/" + type); import([].join() + `./gone/${type}.js`);',
  );
  const asked: string[] = [];
  new Function("require", "type", made.replace(/import\(.*$/, ""))((name: string) => asked.push(name), "t");
  assertEquals(asked, ["./gone/t/x", "./there/t"]);
});

Deno.test("A text that shows such a call stays one", async () => {
  await using app = await appFolder({});
  for (const text of ['return "as import(`./gone/${bar}.js`).";', "return 'as require(\"./gone/\" + bar)';"]) {
    assertEquals(typeof new Function(await withoutAbsentGlobs(text, app.path, new Set()))(), "string");
  }
});
