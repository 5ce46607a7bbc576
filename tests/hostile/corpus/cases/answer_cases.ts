/** Answers: values, errors and bodies that an app hands back in order to be taken for something else. */
import { DEADLINE_MS } from "../corpus_scene.ts";
import { RawConnection } from "../../../support/raw_http.ts";
import type { HostileCase } from "../hostile_case.ts";

const THROWN = "500 APP_EXCEPTION";

/** Status and end of an answer as it came over the wire, and whether the next one on the connection is the canary's. */
function onOneConnection(method: string): NonNullable<HostileCase["act"]> {
  return async (scene, app) => {
    using connection = await RawConnection.open(scene.nano.url, { timeoutMs: DEADLINE_MS });
    await connection.request(method, "/", [["Host", app]]);
    const first = await connection.readResponse(method);
    await connection.request("GET", "/", [["Host", "canary"]]);
    const second = await connection.readResponse().catch(() => null);
    if (second !== null && !second.text.startsWith("canary ")) {
      return `then ${second.status} ${second.text.slice(0, 50)}`;
    }
    return String(first.status);
  };
}

/** What an answer or an error may be made of any amount of. */
const UNBOUNDED: Readonly<Record<string, string>> = {
  "the name of an error": `const e = new Error("x"); e.name = "n".repeat(5e8); throw e;`,
  "the stack and the causes of an error":
    `const e = new Error("x", { cause: "c".repeat(5e8) }); e.stack = "s\\n".repeat(2e8); throw e;`,
  "the message of an error": `throw new Error("m".repeat(5e8));`,
  "a thrown text": `throw "t".repeat(5e8);`,
  "the value of a header": `return new Response("done", { headers: { x: "y".repeat(1e8) } });`,
  "headers":
    `const h = new Headers(); for (let i = 0; i < 1e6; i++) h.append("x" + i, "y"); return new Response("done", { headers: h });`,
  "the status text": `return new Response("done", { statusText: "s".repeat(1e8) });`,
  "an address": `return Response.redirect("http://x/" + "y".repeat(1e8));`,
  "random values":
    `for (const size of [65536, 65537, 1e8]) try { crypto.getRandomValues(new Uint8Array(size)); } catch {}
    return new Response("done");`,
  "texts that are printed":
    `console.log({ toString() { return "x".repeat(5e8); }, [Symbol.toPrimitive]() { return "x".repeat(5e8); } });
    console.log("%s %o %j", ["y".repeat(5e8)], { get a() { return "z".repeat(5e8); } }, new Map([["k".repeat(5e8), 1]]));
    return new Response("done");`,
  "pairs of sockets":
    `for (let i = 0; i < 1e5; i++) { const pair = new WebSocketPair(); pair[0].accept(); pair[1].accept(); }
    return new Response("done");`,
};

/** Answers that want to be others. */
export const ANSWER_CASES: readonly HostileCase[] = [
  {
    name: "an error that calls itself one of NANO's",
    deed: `throw Object.assign(new Error("x"), { name: "NanoError", code: "APP_NOT_FOUND", status: 200 });`,
    sees: [THROWN],
  },
  { name: "an answer that is thrown", deed: `throw new Response("done");`, sees: [THROWN] },
  { name: "an error of fifty megabytes", deed: `throw new Error(text(5e7));`, sees: [THROWN, "503 APP_OUT_OF_MEMORY"] },
  ...Object.entries(UNBOUNDED).map(([name, deed]): HostileCase => ({
    name: `without bounds, ${name}`,
    deed,
    sees: ["200", "500 APP_EXCEPTION", "500 APP_BAD_RESPONSE", "503 APP_OUT_OF_MEMORY", "504 APP_UNRESPONSIVE"],
    limits: { timeout_ms: 300_000, cpu_ms: 5000 },
    lingers: true,
  })),
  {
    name: "an error with a stack of its own",
    deed: `const e = new Error("x"); e.stack = "at /etc/passwd\\n".repeat(1e5); throw e;`,
    sees: [THROWN],
  },
  {
    name: "a chain of a hundred thousand causes",
    deed: `let e = new Error("x"); for (let i = 0; i < 1e5; i++) e = new Error("y", { cause: e }); throw e;`,
    sees: [THROWN, "503 APP_OUT_OF_MEMORY", "504 APP_UNRESPONSIVE"],
  },
  {
    name: "many errors in one",
    deed: `throw new AggregateError(Array.from({ length: 1e5 }, (_, i) => new Error("e" + i)), "many");`,
    sees: [THROWN, "503 APP_OUT_OF_MEMORY", "504 APP_UNRESPONSIVE"],
  },
  {
    name: "an object that shows itself in a loop",
    deed:
      `console.log({ [Symbol.for("nodejs.util.inspect.custom")]() { for (;;); }, [Symbol.for("Deno.customInspect")]() { for (;;); } });`,
    sees: ["504 APP_UNRESPONSIVE", "200"],
    limits: { cpu_ms: 500, timeout_ms: 300_000 },
  },
  {
    name: "a line of the console of half a gigabyte",
    deed: `console.log("x".repeat(5e8));`,
    sees: ["200", THROWN, "503 APP_OUT_OF_MEMORY", "504 APP_UNRESPONSIVE"],
    lingers: true,
  },
  {
    name: "a console of deep and wide objects",
    deed:
      `const wide = Object.fromEntries(Array.from({ length: 1e5 }, (_, i) => ["k" + i, { i }])); let deep = {}; for (let i = 0; i < 1e5; i++) deep = { deep };
      console.log(wide, deep, new Proxy(wide, {}), new Array(1e6).fill(wide));`,
    sees: ["200", THROWN, "503 APP_OUT_OF_MEMORY", "504 APP_UNRESPONSIVE"],
    limits: { cpu_ms: 5000, timeout_ms: 300_000 },
  },
  {
    name: "a text of deep and wide objects by node:util",
    deed:
      `const { inspect } = await import("node:util"); const wide = Object.fromEntries(Array.from({ length: 1e5 }, (_, i) => ["k" + i, { i }]));
      inspect(new Array(1e6).fill(wide), { depth: null, colors: true });`,
    sees: [THROWN, "503 APP_OUT_OF_MEMORY", "504 APP_UNRESPONSIVE"],
    limits: { cpu_ms: 5000, timeout_ms: 300_000 },
  },
  {
    name: "a body where there is none, HEAD",
    deed: `return new Response("HTTP/1.1 200 OK\\r\\n\\r\\nevil", { headers: { "content-length": "24" } });`,
    act: onOneConnection("HEAD"),
    sees: ["200"],
  },
  {
    name: "a body where there is none, 204",
    deed: `const r = new Response("evil body"); Object.defineProperty(r, "status", { value: 204 }); return r;`,
    act: onOneConnection("GET"),
    sees: ["200", "204", "500"],
  },
  {
    name: "a length where there is no body",
    deed: `return new Response(null, { status: 304, headers: { "content-length": "1000" } });`,
    act: onOneConnection("GET"),
    sees: ["304"],
  },
  {
    name: "a body that is another request's",
    app: `let held; export default { async fetch(request) {
      if (new URL(request.url).pathname === "/alive") return new Response("alive");
      if (held) { const one = held; held = null; return new Response(one); }
      held = request.body; return new Response("done"); } };`,
    act: async (scene, app) => {
      const first = await scene.see(app, "/", { method: "POST", body: "x".repeat(300_000) });
      const second = await scene.see(app);
      return second.startsWith("200 x") || second.includes("cut") || second.startsWith("500") ? first : second;
    },
    sees: ["200"],
  },
  {
    name: "an answer kept for a later request",
    app: `let kept; export default { async fetch(request) {
      if (new URL(request.url).pathname === "/alive") return new Response("alive");
      kept ??= request; return new Response(await kept.text().then(() => "done", () => "done")); } };`,
    act: async (scene, app) => [await scene.see(app), await scene.see(app)].join(),
    sees: ["200,200"],
  },
  {
    name: "copies of a body of which one is read",
    deed: `if (request.method !== "POST") return new Response("done");
      for (let i = 0; i < 50; i++) kept.push(request.clone()); const { length } = await request.text(); return new Response("got " + length);`,
    act: (scene, app) => scene.see(app, "/", { method: "POST", body: "x".repeat(4 << 20) }),
    sees: ["503 APP_OUT_OF_MEMORY", THROWN, "200 got 4194304"],
    limits: { cpu_ms: 10_000, timeout_ms: 300_000 },
  },
  {
    name: "uploads that nobody reads",
    deed: `kept.push(request.body); return new Response("done");`,
    act: async (scene, app) => {
      const seen = new Set<string>();
      for (let round = 0; round < 30; round++) {
        seen.add(await scene.see(app, "/", { method: "POST", body: new Uint8Array(2 << 20) }));
      }
      return [...seen].filter((one) => one !== "cut").join();
    },
    sees: ["200", ""],
  },
  {
    name: "work that waits for a hostile promise",
    deed:
      `context.waitUntil({ then() { for (;;); } }); context.waitUntil(new Proxy(Promise.resolve(), { get() { throw 1; } })); context.waitUntil(null);`,
    sees: ["200", THROWN, "504 APP_UNRESPONSIVE"],
    limits: { cpu_ms: 500, timeout_ms: 300_000 },
    spoilsItself: true,
  },
  {
    name: "an environment that is changed",
    deed: `for (const key of Object.keys(env)) try { env[key] = "evil"; delete env[key]; } catch {}
      try { Object.setPrototypeOf(env, new Proxy({}, { get() { for (;;); } })); } catch {} process.env.PATH = "/evil"; Deno.env?.set?.("NANO_HOST_SECRET", "evil");`,
    sees: ["200", THROWN],
    spoilsItself: true,
  },
  {
    name: "callbacks of the garbage collector",
    deed:
      `const r = new FinalizationRegistry(() => { for (;;); }); for (let i = 0; i < 1e5; i++) r.register({ i }, i); for (let i = 0; i < 50; i++) { kept[0] = new Array(1e5).fill(i); await later(1); }`,
    sees: ["200", "504 APP_UNRESPONSIVE"],
    limits: { cpu_ms: 1000, timeout_ms: 300_000 },
    spoilsItself: true,
  },
];
