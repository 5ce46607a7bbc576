/** Deno.serve's own options, as far as they are the app's: what its onError answers is sent. */
import { assertEquals } from "@std/assert";
import { NanoProcess } from "../../support/nano_process.ts";
import { TempProject } from "../../support/temp_project.ts";

const onError = `onError: (error) => new Response("custom " + error.name + ": " + error.message, { status: 418 })`;
const APPS = {
  "options-first": `Deno.serve({ ${onError} }, () => { throw new Error("x"); });`,
  "options-only": `Deno.serve({ ${onError}, handler: async () => { await null; throw new RangeError("y"); } });`,
  "no-response": `Deno.serve({ ${onError} }, () => "text");`,
  "fails-too": `Deno.serve({ onError() { throw new Error("twice"); } }, () => { throw new Error("once"); });`,
  "async-on-error": `Deno.serve({ async onError(error) { await null; return Response.json([error]); } }, () => {
    throw "a text";
  });`,
  "no-error": `Deno.serve({ ${onError} }, () => new Response("fine"));`,
};

Deno.test("onError of Deno.serve answers for a handler that throws, rejects or returns no Response", async () => {
  const apps = Object.entries(APPS).map(([name, files]) => [name, { files }]);
  await using project = await TempProject.create(Object.fromEntries(apps));
  await using nano = await NanoProcess.start(project.configFile);
  const told = async (app: keyof typeof APPS) => {
    const response = await nano.fetch(app);
    const code = response.headers.get("nano-error");
    return code === null ? [response.status, await response.text()] : (await response.text(), [response.status, code]);
  };
  assertEquals(await told("options-first"), [418, "custom Error: x"]);
  assertEquals(await told("options-only"), [418, "custom RangeError: y"]);
  assertEquals(await told("no-response"), [
    418,
    "custom TypeError: Return value from serve handler must be a response or a promise resolving to a response",
  ]);
  assertEquals(await told("fails-too"), [500, "APP_EXCEPTION"]);
  assertEquals(await told("async-on-error"), [200, '["a text"]']);
  assertEquals(await told("no-error"), [200, "fine"]);
});
