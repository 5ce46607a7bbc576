/** Start: modules, folders and settings of an app that turn against whoever bundles and boots them. */
import type { HostileCase } from "../hostile_case.ts";

const DONE = `new Response("done")`;
/** An app whose start fails is refused when it is added, and says so when it is there from the start. */
const REFUSED = ["400 CONFIG_INVALID", "503 APP_FAILED", "503 APP_UNAVAILABLE"];
const SERVES = ["200"];
/** It starts, and cannot answer. */
const THROWN = "500 APP_EXCEPTION";

function module(
  name: string,
  app: NonNullable<HostileCase["app"]>,
  sees: readonly string[] = [...REFUSED, ...SERVES],
): HostileCase {
  return { name, app, sees, spoilsItself: true, limits: { cpu_ms: 500, timeout_ms: 5000 } };
}

/** Attacks on the start of an app. */
export const START_CASES: readonly HostileCase[] = [
  module("a module that is a promise for ever", `export function then() {} export default { fetch: () => ${DONE} };`),
  module(
    "a module whose promise loops",
    `export function then() { for (;;); } export default { fetch: () => ${DONE} };`,
  ),
  module("a handler that is a getter in a loop", `export default { get fetch() { for (;;); } };`),
  module(
    "a handler that is another one each time",
    `let n = 0; export default { get fetch() { return n++ % 2 ? null : () => ${DONE}; } };`,
    [...REFUSED, ...SERVES, THROWN],
  ),
  module(
    "a proxy as the app",
    `export default new Proxy({}, { get() { throw new Error("get"); }, has() { throw new Error("has"); }, ownKeys() { for (;;); } });`,
  ),
  module("a class without new", `export default class { fetch() { return ${DONE}; } }`, [
    ...REFUSED,
    ...SERVES,
    THROWN,
  ]),
  module("nothing at all", ``, REFUSED),
  // esbuild indents it: 288 MB from 24 kB, and it takes 2 GB for it
  module("blocks in blocks", `${"{".repeat(12_000)}${"}".repeat(12_000)}`, REFUSED),
  module("no JavaScript", `\u0000\u0001 not { a module`, REFUSED),
  module("an error of a hundred megabytes at top level", `throw new Error("x".repeat(1e8));`, REFUSED),
  module(
    "an error that is a proxy at top level",
    `throw new Proxy({}, { get() { throw 1; }, getPrototypeOf() { for (;;); } });`,
    REFUSED,
  ),
  // Deno 2.9.6 panics when import() rejects with any of these
  ...[
    [
      "no frames and a message that throws",
      `Error.stackTraceLimit = 0; throw Object.defineProperty(new Error("x"), ` +
      `"message", { get() { throw 9; } });`,
    ],
    [
      "no stack and a message that is no text",
      `throw Object.assign(new Error("x"), { stack: undefined, message: {} });`,
    ],
    [
      "Error as its prototype and a number as its message",
      `throw Object.setPrototypeOf({ message: 1 }, Error.prototype);`,
    ],
    ["that too, after a wait", `await 0; throw Object.setPrototypeOf({ message: 1 }, Error.prototype);`],
    [
      "that too, while it imports itself",
      `import(import.meta.url); await 0; throw Object.setPrototypeOf({ message: 1 }, ` +
      `Error.prototype);`,
    ],
  ].map(([what, code]) => module(`an error at top level with ${what}`, code!, REFUSED)),
  module(
    "a promise at top level that never settles",
    `setTimeout(() => {}, 1e9); await new Promise(() => {}); export default () => ${DONE};`,
  ),
  module("timers that loop as soon as it serves", `setTimeout(() => { for (;;); }, 1); export default () => ${DONE};`, [
    ...REFUSED,
    ...SERVES,
    "504 APP_UNRESPONSIVE",
    "504 REQUEST_TIMEOUT",
  ]),
  module(
    "a rejection at top level that nobody handles",
    `Promise.reject(new Error("x")); export default () => ${DONE};`,
    [
      ...REFUSED,
      ...SERVES,
      "502 APP_TERMINATED",
    ],
  ),
  module("an entry outside of its folder", { "package.json": `{"main":"../../../../../../etc/passwd"}` }, REFUSED),
  module("an import map that leads out", {
    "package.json": `{"imports":{"#x":"/etc/passwd"},"main":"index.js"}`,
    "index.js": `import x from "#x"; export default () => new Response(String(x));`,
  }, REFUSED),
  module("compiler options of a foreign file", {
    "tsconfig.json": `{"extends":"/etc/passwd","compilerOptions":{"paths":{"x":["/etc/passwd"]}}}`,
    "index.ts": `import x from "x"; export default () => new Response(String(x));`,
  }, REFUSED),
  module("a source map of a foreign file", {
    "index.js":
      `export default () => { try { null.x; } catch (e) { return new Response(/root:|passwd/.test(e.stack) ? e.stack : "done"); } };\n//# sourceMappingURL=file:///etc/passwd`,
  }, SERVES),
  module("a source map that lies", {
    "index.js":
      `export default () => ${DONE};\n//# sourceMappingURL=data:application/json,{"version":3,"sources":["/etc/passwd"],"mappings":"${
        "A".repeat(100_000)
      }"}`,
  }),
  module("imports in a circle", {
    "index.js":
      `import { b } from "./b.js"; export const a = 1; export default () => new Response(b === 2 ? "done" : "no");`,
    "b.js": `import { a } from "./index.js"; export const b = 2; export const later = () => a;`,
  }, SERVES),
  module("a package that is its own dependency", {
    "package.json": `{"name":"self","main":"index.js","dependencies":{"self":"file:."}}`,
    "index.js": `export default () => ${DONE};`,
  }),
  module("a module of WebAssembly that is none", {
    "index.js": `import wasm from "./x.wasm"; export default () => new Response(String(wasm));`,
    "x.wasm": "no wasm",
  }, [...REFUSED, THROWN]),
  module("JSON as deep as a well", {
    "index.js":
      `import deep from "./deep.json"; export default () => new Response(Array.isArray(deep) ? "done" : "no");`,
    "deep.json": "[".repeat(50_000) + "]".repeat(50_000),
  }),
  module("names that are properties of objects", {
    "__proto__.js": `export const x = 1;`,
    "constructor.js": `export const y = 2;`,
    "index.js":
      `import { x } from "./__proto__.js"; import { y } from "./constructor.js"; export default () => new Response(x + y === 3 ? "done" : "no");`,
  }, SERVES),
  {
    name: "a new version that dies at top level leaves the old one",
    deed: `return new Response("done");`,
    act: async (scene, app) => {
      const seen: string[] = [];
      for (
        const bad of [
          "throw new Error('x');",
          "for (;;);",
          "const a = []; for (;;) a.push(new Array(1000).fill(1));",
          "export default 1;",
        ]
      ) {
        await scene.project.writeFile(app, "index.js", bad);
        const reload = await scene.admin("POST", "/admin/reload");
        await reload.body?.cancel();
        seen.push(await scene.see(app));
      }
      return seen.every((one) => one === "200") ? "200" : seen.join();
    },
    sees: SERVES,
    limits: { cpu_ms: 1000 },
  },
];
