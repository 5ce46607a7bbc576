/** A require of something in a folder that is not there. */
import { assertEquals } from "@std/assert";
import { defaultOf } from "./bundled_app.ts";

Deno.test("A require in a folder that is not there fails where it is asked for, as a text and as a template", async () => {
  const ask = (name: string) => `(() => { try { return require(${name}); } catch (error) { return error.code; } })()`;
  const found = await defaultOf({
    "index.js": `export { default } from "kit";`,
    "node_modules/kit/package.json": '{"name":"kit","main":"index.js"}',
    "node_modules/kit/index.js": `const type = "Release";
      module.exports = [${ask("'./src/build/' + type + '/addon'")}, ${ask("`./build/${type}/addon`")}, ${
      ask("'./there/' + type + '.js'")
    }, ${ask("`../src/build/kit-${type}.node`")}, ${ask("'../src/kit-' + type + '.node'")}];`,
    "node_modules/kit/there/Release.js": `module.exports = "there";`,
  });
  const absent = "MODULE_NOT_FOUND";
  assertEquals(found, [absent, absent, "there", absent, absent]);
});
