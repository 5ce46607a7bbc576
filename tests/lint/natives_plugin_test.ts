/** Shows the plugin refusing what an app could have patched, and accepting what it could not. */
import { assertEquals } from "@std/assert";
import plugin from "./natives_plugin.ts";

/** Rules that refuse a source, each once, in order. */
function refusals(source: string, path = "/repo/runtime/isolate/platform/some_file.ts"): string[] {
  const found = Deno.lint.runPlugin(plugin, path, source).map(({ id }) => id.replace("natives/", ""));
  return [...new Set(found)];
}

const REFUSED: readonly [what: string, rule: string, source: string][] = [
  ["a method of a list", "method", `function f(list: string[]) { list.push("a"); }`],
  ["a method behind a question mark", "method", `function f(text?: string) { return text?.slice(1); }`],
  ["a method of what a call gave", "method", `function f() { return g().then(h); }\ndeclare const g: any, h: any;`],
  ["a method of a native field", "method", `class A { #x = NativeMap(); m() { this.#x.get(1); } }`],
  ["a method of a value typed by a native", "method", `function f(request: Request) { return request.text(); }`],
  ["call and apply of a function", "method", `function f(g: () => void) { g.call(null); }`],
  [
    "a name that is declared native once and ours once",
    "method",
    `function f(a: Ours) {} function g(a: Map<1, 1>) { a.get(1); }
    interface Ours { get(key: number): void }`,
  ],
  ["a getter of views", "method", `function f(view: Uint8Array) { return view.byteLength; }`],
  ["a method in a field of an instance", "method", `class A { x = given.slice(1); }\ndeclare const given: string;`],
  ["a global constructor", "global", `function f() { return new Map(); }`],
  ["a global namespace", "global", `function f(a: object) { return Object.keys(a); }`],
  ["a global as a value", "global", `const f = () => ({ fetch: fetch });`],
  ["a global in shorthand", "global", `const f = () => ({ fetch });`],
  ["instanceof of a global", "global", `const f = (a: unknown) => a instanceof Error;`],
  ["globalThis", "global", `const f = () => globalThis;`],
  ["for of", "iteration", `function f(list: string[]) { for (const one of list) g(one); }\ndeclare const g: any;`],
  ["for await", "iteration", `async function f(a: any) { for await (const one of a) g(one); }\ndeclare const g: any;`],
  ["spread into a list", "iteration", `const f = (list: string[]) => [...list];`],
  ["spread into a call", "iteration", `const f = (list: string[]) => g(...list);\ndeclare const g: any;`],
  ["a list taken apart", "iteration", `const f = ([a]: string[]) => a;`],
  ["yield of another iterable", "iteration", `function* f(list: string[]) { yield* list; }`],
  [
    "options of a native constructor",
    "options",
    `const NativeResponse = Response;
    const f = () => new NativeResponse(null, { status: 204 });`,
  ],
  [
    "a descriptor",
    "options",
    `const { defineProperty } = Object;
    const f = (a: object) => defineProperty(a, "b", { value: 1 });`,
  ],
  [
    "options in the list of apply",
    "options",
    `const { apply } = Reflect;
    const f = (read: any, a: object) => apply(read, a, [{ mode: "byob" }]);`,
  ],
  [
    "a handler of a proxy",
    "options",
    `const NativeProxy = Proxy; const f = () => new NativeProxy({ __proto__: null }, {});`,
  ],
];

for (const [what, rule, source] of REFUSED) {
  Deno.test(`The natives plugin refuses ${what}`, () => assertEquals(refusals(source), [rule]));
}

const ACCEPTED: readonly [what: string, source: string][] = [
  [
    "whatever runs while the module loads",
    `const names = ["a"].map((one) => one.slice(1)); new Map(); for (const a of names) a.trim();`,
  ],
  ["a static block and a static field", `class A { static x = [1].join(); static { new Map(); } }`],
  [
    "a function of the boot",
    `/** Closes. @boot */\nexport function close() { for (const a of Object.keys(b)) a.trim(); }\ndeclare const b: object;`,
  ],
  [
    "a callback at once in a function of the boot",
    `/** @boot */\nfunction close(list: string[]) { return list.map((one) => one.trim()); }`,
  ],
  ["methods of a class of ours", `class A { get() {} m() { this.get(); super.set(1); } }`],
  [
    "methods of a field of ours",
    `import { SafeMap } from "./a.ts"; class A { #x = new SafeMap(); m() { this.#x.get(1); } }`,
  ],
  [
    "methods of what a type of ours says",
    `interface Store { get(key: string): string } const f = (store: Store) => store.get("a");`,
  ],
  [
    "methods of what was imported from our files",
    `import { internals } from "./a.ts"; const f = () => internals.create({ a: 1 });`,
  ],
  ["operations on their way", `const f = (wire: any) => wire.out.push(1, 2);`],
  [
    "names of natives as keys, members and types",
    `const f = (a: Map<string, Error>, b: { Map: number }) => ({ Map: b.Map, Error: 1 });`,
  ],
  ["a local name that is also a global", `const f = (name: string, fetch: () => void) => fetch();`],
  ["undefined, NaN and Infinity", `const f = () => [undefined, NaN, Infinity];`],
  ["spread of an object", `const f = (a: object) => ({ ...a });`],
  ["an object taken apart", `const f = ({ a }: { a: 1 }) => a;`],
  [
    "options without a prototype",
    `const NativeResponse = Response;
    const f = () => new NativeResponse(null, { __proto__: null, status: 204 } as ResponseInit);`,
  ],
  ["options of our own functions", `declare const send: any; const f = () => send({ owned: false });`],
];

for (const [what, source] of ACCEPTED) {
  Deno.test(`The natives plugin accepts ${what}`, () => assertEquals(refusals(source), []));
}

Deno.test("The natives plugin looks at what runs beside apps, and at nothing else", () => {
  const source = `export function f(list: string[]) { list.push("a"); }`;
  assertEquals(refusals(source, "/repo/runtime/protocol/wire.ts"), ["method"]);
  assertEquals(refusals(source, "C:\\repo\\runtime\\isolate\\bootstrap.ts"), ["method"]);
  for (
    const path of ["/repo/runtime/wall/call_runner.ts", "/repo/admin/api.ts", "/repo/tests/unit/isolate/a_test.ts"]
  ) {
    assertEquals(refusals(source, path), []);
  }
});

Deno.test("A boot that is told of one function is not believed of the next, nor of what it leaves behind", () => {
  assertEquals(refusals(`/** @boot */\nfunction a() {}\nfunction b() { new Map(); }`), ["global"]);
  assertEquals(refusals(`/** @boot */\nfunction a() { return () => new Map(); }`), ["global"]);
});
