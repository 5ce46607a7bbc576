/** ECMA-429 inside an app, in both stream modes, against the standards' texts and against plain Deno. */
import { assert, assertEquals } from "@std/assert";
import {
  ATTRIBUTES,
  type Description,
  inspectGlobals,
  INTERFACES,
  OPERATIONS,
  WEBASSEMBLY,
} from "../../fixtures/apps/standards/globals.ts";
import { observeStreams } from "../../fixtures/apps/standards/streams.ts";
import { NanoProcess } from "../../support/nano_process.ts";
import { TempProject } from "../../support/temp_project.ts";

const MODES = ["native", "polyfill"] as const;

async function withApps(run: (nano: NanoProcess) => Promise<void>): Promise<void> {
  const apps = Object.fromEntries(MODES.map((streams) => [streams, { fixture: "standards", config: { streams } }]));
  await using project = await TempProject.create(apps);
  await using nano = await NanoProcess.start(project.configFile);
  await run(nano);
}

async function observe<Seen>(nano: NanoProcess, app: string, path: string): Promise<Seen> {
  const response = await nano.fetch(app, path, { signal: AbortSignal.timeout(60_000) });
  const text = await response.text();
  assertEquals(response.status, 200, `${app}${path}: ${text}`);
  return JSON.parse(text);
}

Deno.test("every name of ECMA-429 stands on globalThis as WebIDL has it, in both stream modes", async () => {
  const plain = inspectGlobals();
  await withApps(async (nano) => {
    for (const mode of MODES) {
      const seen = await observe<Record<string, Description | null>>(nano, mode, "/globals");
      const missing = Object.keys(seen).filter((name) => seen[name] === null);
      assertEquals(missing, [], mode);
      for (const [name, length] of Object.entries(INTERFACES)) {
        const { members, ...rest } = seen[name]!;
        assertEquals(
          { ...rest, mode },
          { flags: "writable hidden configurable", name, length, tag: name, isOwnConstructor: true, mode },
        );
        const lost = plain[name]!.members!.filter((member) => !members!.includes(member));
        assertEquals(lost, [], `members of ${name} that plain Deno has, ${mode}`);
      }
      for (const [name, length] of Object.entries(OPERATIONS)) {
        const { flags, name: given, length: taken } = seen[name]!;
        assertEquals({ flags, given, taken }, {
          flags: "writable enumerable configurable",
          given: name,
          taken: length,
        });
      }
      for (const name of ATTRIBUTES) assertEquals(seen[name], { flags: "accessor enumerable configurable" }, name);
      for (const name of WEBASSEMBLY) {
        assertEquals(seen[`WebAssembly.${name}`]!.name, plain[`WebAssembly.${name}`]!.name);
      }
    }
  });
});

Deno.test("timers, errors, rejections, messages and events behave as the HTML standard has them", async () => {
  await withApps(async (nano) => {
    for (const mode of MODES) {
      const seen = await observe<Record<string, unknown>>(nano, mode, "/scope");
      const errorEvent = (
        message: string,
      ) => [`Uncaught Error: ${message}`, message, true, true, "[object ErrorEvent]"];
      const onerror = (message: string) => [5, "string", "number", "number", message];
      const both = (message: string) => [errorEvent(message), onerror(message)];
      const rejection = (message: string) => ["unhandled", message, true, "[object PromiseRejectionEvent]"];
      assertEquals(seen, {
        "setTimeout returns a number above 0": true,
        "a timer's callback gets its arguments and globalThis": [true, "a", "b"],
        "timers fire in order, cleared ones never": ["negative", "wrapped", "last"],
        "a cleared interval stops": true,
        "setTimeout without a handler throws": "TypeError",
        "reportError fires at once": true,
        "errors reach listeners and onerror": [
          ...both("prevented"),
          ...both("handled by onerror"),
          ...both("loud timer"),
          // An exception in a listener is reported while the event is dispatched, a microtask runs after it.
          ...both("loud listener"),
          ...both("loud microtask"),
          ...both("loud outer"),
        ],
        "onerror takes functions and objects only": null,
        "an error event that the app makes is dispatched only": true,
        "rejections fire both events": [
          rejection("prevented rejection"),
          rejection("refused rejection"),
          rejection("loud rejection"),
          ["handled", "loud rejection"],
        ],
        "a MessageChannel works inside the isolate": [
          ["hello", true, "[object MessageEvent]", 1],
          "through a transferred port",
        ],
        "structuredClone copies": [true, 0, true, 1],
        "EventTarget can be subclassed": ["x", "x at true"],
        "a method can be replaced on an instance": true,
        "classes of old derive from it": ["old"],
        "events name their class": [
          "[object CustomEvent]",
          "[object MessageEvent]",
          "[object ErrorEvent]",
          "[object Event]",
        ],
        "one's method is not another's": true,
        "self is globalThis": true,
        "the scope is an EventTarget": true,
        "Request.duplex": "half",
        "time runs from timeOrigin": true,
        "randomUUID": true,
      }, mode);

      // What nobody handled is in the log, what somebody handled is not.
      const ofApp = () => nano.events.filter((record) => record.event === "app_log" && record["app"] === mode);
      const loud = ["timer", "microtask", "listener", "outer", "error listener", "rejection"];
      for (const what of loud) {
        await nano.waitForEvent((record) =>
          record.event === "app_log" && record["app"] === mode && String(record["text"]).includes(`loud ${what}`)
        );
      }
      const texts = ofApp().map((record) => String(record["text"]));
      assertEquals(texts.length, loud.length, texts.join("\n"));
      const ends = nano.events.filter(({ event }) => event === "app_exit");
      assertEquals(ends, [], "no error of an app may end its isolate");
    }
  });
});

Deno.test("streams behave in an app as in plain Deno, native or polyfilled", async () => {
  const plain = await observeStreams();
  assert(Object.keys(plain).length > 30);
  await withApps(async (nano) => {
    for (const mode of MODES) {
      const seen = await observe<Record<string, unknown>>(nano, mode, "/streams");
      // One by one: a difference names its observation.
      for (const name of Object.keys(plain)) assertEquals([name, seen[name]], [name, plain[name]], mode);
    }
  });
});

Deno.test("request and response bodies pass through the app's own transformers in both stream modes", async () => {
  await withApps(async (nano) => {
    const body = new Uint8Array(300_000).map((_, at) => at * 7 % 256);
    for (const mode of MODES) {
      const response = await nano.fetch(mode, "/stream-answer", { method: "POST", body });
      assertEquals(response.status, 200, mode);
      assertEquals(await response.bytes(), body, mode);
    }
  });
});

Deno.test("functions of the global scope are enumerable in every app of many that start at once", async () => {
  const files = `export default () => Response.json(Object.fromEntries(${JSON.stringify(Object.keys(OPERATIONS))}.map(
    (name) => [name, Object.getOwnPropertyDescriptor(globalThis, name).enumerable])));`;
  const names = Array.from({ length: 16 }, (_, index) => `app-${index}`);
  await using project = await TempProject.create(Object.fromEntries(names.map((name) => [name, { files }])));
  await using nano = await NanoProcess.start(project.configFile);
  const wanted = Object.fromEntries(Object.keys(OPERATIONS).map((name) => [name, true]));
  for (const name of names) assertEquals(await observe(nano, name, "/"), wanted, name);
});
