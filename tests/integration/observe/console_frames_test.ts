/** What an app's console shows of errors: the app's own files and lines, as they are written, and nothing of NANO's. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { NanoProcess } from "../../support/nano_process.ts";
import { TempProject } from "../../support/temp_project.ts";

const APP = `import { EventEmitter } from "node:events";
interface Gone { readonly types: true }

function boom(what: string, options?: ErrorOptions): Error {
  const kept: Gone | undefined = undefined;
  return new Error(what, options as unknown as ErrorOptions ?? kept);
}
const runs: Record<string, () => unknown> = {
  plain: () => console.error(boom("plain")),
  cause: () => console.error("with", boom("outer", { cause: boom("inner") })),
  several: () => console.warn(new AggregateError([boom("one"), boom("two")], "several")),
  nested: () => console.log({ list: [{ error: boom("nested") }], after: 1 }),
  members: () => console.error(Object.assign(boom("members"), { code: "E_CODE" })),
  trace: () => console.trace("traced %d", 5),
  stack: () => console.log(boom("stack").stack),
  written: () => (globalThis as any).process.stderr.write(boom("written").stack + "\\n"),
  wrapper: () => new Response("x").formData().catch((error) => console.error(error)),
  native: () => new (Blob as any)(5),
  emitter: () => new EventEmitter().on("event", () => console.error(boom("emitter"))).emit("event"),
  rejected: () => void Promise.reject(boom("rejected")),
  timer: () => void setTimeout(() => console.error(boom("timer"))),
  client: () => console.log("Error: client\\n    at f (https://site.test/client.js:1:2)"),
};
export default {
  async fetch(request: Request): Promise<Response> {
    try {
      await runs[new URL(request.url).pathname.slice(1)]!();
    } catch (error) {
      console.error(error);
    }
    return new Response("ok");
  },
};
`;

Deno.test("Errors in an app's log name the app's own lines only", async () => {
  await using project = await TempProject.create({ app: { files: APP } }, { log: { level: "debug" } });
  await using nano = await NanoProcess.start(project.configFile);
  const textOf = async (path: string, part: string) => {
    const from = nano.events.length;
    await (await nano.fetch("app", `/${path}`)).text();
    const event = await nano.waitForEvent(
      (one) => one.event === "app_log" && String(one.text).includes(part),
      undefined,
      from,
    );
    return String(event.text);
  };
  const fetchFrame = String.raw`    at (?:async )?Object\.fetch \(app:///index\.ts:27:\d+\)`;
  const boomFrame = String.raw`    at boom \(app:///index\.ts:6:10\)`;
  const line = (run: string, number: number) =>
    String.raw`    at (?:Object\.)?${run} \(app:///index\.ts:${number}:\d+\)`;
  const whole = (text: string) => new RegExp(`^${text}$`);

  assertMatch(
    await textOf("plain", "plain"),
    whole(`Error: plain\n${boomFrame}\n${line("plain", 9)}\n${fetchFrame}`),
  );
  assertMatch(await textOf("cause", "inner"), /^with Error: outer\n[^]*\[cause\]: Error: inner\n +at boom [^]*\}$/);
  assertMatch(
    await textOf("several", "several"),
    /^AggregateError: several\n[^]*\[errors\]: \[\n +Error: one\n +at boom [^]*Error: two\n +at boom [^]*\]\n\}$/,
  );
  assertMatch(await textOf("nested", "nested"), /Error: nested\n +at boom [^]*after: 1\n\}$/);
  assertMatch(
    await textOf("members", "E_CODE"),
    /\(app:\/\/\/index\.ts:27:\d+\) \{\n {2}code: "E_CODE"|code: 'E_CODE'\n\}$/,
  );
  assertMatch(
    await textOf("trace", "traced"),
    whole(`Trace: traced 5\n${line("trace", 14)}\n${fetchFrame}`),
  );
  assertMatch(await textOf("stack", "stack"), whole(`Error: stack\n${boomFrame}\n${line("stack", 15)}\n${fetchFrame}`));
  await textOf("written", "at Object.fetch");
  await textOf("wrapper", "as a form");
  assertMatch(
    await textOf("native", "Failed to construct"),
    whole(`TypeError: [^\n]*\n${line("native", 18)}\n${fetchFrame}`),
  );
  await textOf("emitter", "emitter");
  await textOf("rejected", "rejected");
  await textOf("timer", "timer");
  assertEquals(await textOf("client", "client"), "Error: client\n    at f (https://site.test/client.js:1:2)");

  for (const { event, text } of nano.events) {
    if (event !== "app_log") continue;
    assert(!/data:|ext:|node:|file:|\/tmp\//.test(String(text)), String(text));
    assert(String(text) !== "", "an empty line is left of a frame");
  }
});
