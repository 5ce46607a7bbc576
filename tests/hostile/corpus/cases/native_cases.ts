/** Natives: calls that V8 or Deno answers in one piece of native code, with what is too long, too deep or too many. */
import type { HostileCase } from "../hostile_case.ts";

const OOM = "503 APP_OUT_OF_MEMORY";
const SLOW = "504 APP_UNRESPONSIVE";
const THROWN = "500 APP_EXCEPTION";
/** On which side of its limits an app ends depends on the machine; that it ends, and alone, does not. */
const ENDED = [OOM, SLOW];
const ENDED_OR_THROWN = [OOM, SLOW, THROWN];
const PATIENT = { cpu_ms: 4000, timeout_ms: 300_000 };
/**
 * What computes for ever needs no more CPU to be seen at it than the scene gives; who grows has four times as much, and
 * a native call is not interrupted by any limit.
 */
const ENDLESS_LIMITS = { timeout_ms: 300_000 };

/** Each takes too much, or computes for ever. */
const ENDLESS: Readonly<Record<string, string>> = {
  "matches of a long text, one by one": `for (const m of text(6e7).matchAll(/x/g)) kept.push(m);`,
  "a replacement that grows": `text(6e7).replaceAll("x", "yyyyyyyyyyyyyyyy").charCodeAt(1);`,
  "a function for each of a million matches with a thousand groups":
    `text(1e6).replace(new RegExp("x" + "()".repeat(1000), "g"), () => "");`,
  "an expression of a class of its own": `class R extends RegExp {} text(6e7).replace(new R("x", "g"), "y");`,
  "an expression with an exec of its own": `const r = /x/g; r.exec = r.exec; text(6e7).match(r);`,
  "a split by an expression with groups": `text(1e6).split(new RegExp("x" + "()".repeat(1000)));`,
  "sets in expressions": `for (let i = 0;; i++) new RegExp("[\\\\p{L}--[a-z" + i + "]]", "v").test("x" + i);`,
  "a factorial": `let f = 1n; for (let i = 1n;; i++) f *= i;`,
  "powers modulo a long number": `const m = (1n << 100000n) - 1n; let x = 3n; for (;;) x = x * x % m;`,
  "formats of dates": `for (;;) kept.push(new Intl.DateTimeFormat("en-u-ca-buddhist", { timeZone: "Asia/Tokyo" }));`,
  "words of a long text":
    `for (;;) kept.push([...new Intl.Segmenter("th", { granularity: "word" }).segment("ก".repeat(4e6))]);`,
  "names of regions": `for (;;) kept.push(new Intl.DisplayNames("en", { type: "region" }));`,
  "clones of a wide circle":
    `const o = {}; for (let i = 0; i < 3e6; i++) o["k" + i] = { o }; for (;;) structuredClone(o);`,
  "a comparator that grows": `new Array(1e5).fill(0).sort(() => { kept.push(new Array(1e4).fill(1)); return 1; });`,
  "a comparator that empties its array":
    `const a = Array.from({ length: 1e5 }, (_, i) => i); a.sort(() => { a.length = 0; a.push(...Array(100).keys()); return Math.random() - 0.5; }); for (;;);`,
  "a species that grows":
    `class A extends Array { static get [Symbol.species]() { return function (n) { for (;;) kept.push(new Array(1e5).fill(n)); }; } } new A(10).map((x) => x);`,
  "a species of an expression that loops":
    `const r = /a/g; r.constructor = { [Symbol.species]: function () { for (;;); } }; "aaa".split(r);`,
  "a long text sought in a longer one":
    `const sought = "x".repeat(3e5) + "y" + "x".repeat(3e5); for (;;) for (const name of ["includes", "indexOf", "lastIndexOf", "split", "replace"]) text(4e7)[name](sought);`,
  "words compared without end":
    `const a = text(1e7) + "a", b = text(1e7) + "b"; a.charCodeAt(1); b.charCodeAt(1); for (;;) a.localeCompare(b);`,
  "words compared by a collator without end":
    `const a = text(1e7) + "a", b = text(1e7) + "b"; const { compare } = new Intl.Collator("de"); for (;;) compare(a, b);`,
  "capitals without end": `const t = "\u00e4".repeat(1e7); for (;;) { t.toUpperCase(); t.toLocaleLowerCase("tr"); }`,
  "bytes filled and turned without end":
    `const bytes = new Uint8Array(5e7); for (;;) { bytes.fill(1); bytes.reverse(); bytes.indexOf(7); bytes.sort(); }`,
  "a piece replaced by nothing, without end": `for (;;) text(5e7).replaceAll("", "");`,
  "a walk through lists in lists": `let a = []; for (let i = 0; i < 60; i++) a = [a, a]; a.flat(Infinity);`,
  "a raw text without end": `String.raw({ raw: { length: 2 ** 53 - 1 } });`,
  "a sparse array, spread": `const a = [1]; a.length = 1.4e8; kept.push([...a]);`,
  "entries without end": `Object.fromEntries((function* () { for (let i = 0;; i++) yield ["k" + i, i]; })());`,
  "groups without end": `Map.groupBy((function* () { for (let i = 0;; i++) yield i; })(), (x) => x);`,
  "promises without end": `await Promise.all((function* () { for (let i = 0;; i++) yield i; })());`,
  "references that are weak": `for (let i = 0;; i++) kept.push(new WeakRef({ i }));`,
  "functions made of texts": `for (let i = 0;; i++) kept.push(new Function("return '" + i + "'.repeat(1)"));`,
  "a recursion that swallows its end": `function f() { try { f(); } finally { f(); } } f();`,
  "dates of Temporal": `let d = Temporal.PlainDate.from("2000-01-01"); for (;;) d = d.add({ days: 1 });`,
  "a start of WebAssembly that loops":
    `new WebAssembly.Instance(new WebAssembly.Module(new Uint8Array([0,97,115,109,1,0,0,0,1,4,1,96,0,0,3,2,1,0,8,1,0,10,9,1,7,0,3,64,12,0,11,11])));`,
  "unpacked again and again":
    `const z = process.getBuiltinModule("zlib"); const b = z.gzipSync(Buffer.alloc(5e7)); for (;;) kept.push(z.gunzipSync(b));`,
  "two long texts, sorted by the hundred thousand":
    `const two = ["a", "b"].map((end) => text(2e7) + end); for (const one of two) one.charCodeAt(1);
    const list = Array.from({ length: 1e5 }, (_, i) => two[i % 2]); list.toSorted(); list.sort();`,
  "a long text sought among long texts":
    `const [one, other] = ["a", "b"].map((end) => text(2e7) + end); one.charCodeAt(1); other.charCodeAt(1);
    const list = new Array(1e6).fill(one); for (;;) for (const name of ["indexOf", "includes", "lastIndexOf"]) list[name](other);`,
  "a long number sought among long numbers":
    `const p = 1n << 100000000n; const q = p + (1n << 99999999n); for (;;) new Array(1e6).fill(p).includes(q);`,
  "iterators of natives without end": `const endless = () => ({ next: Object.bind(null, { done: false, value: 0 }) });
    Iterator.from(endless()).drop(Infinity).next();`,
  "arrays in a chain of prototypes, asked for what none has":
    `let o = {}; for (let i = 0; i < 1e6; i++) o = Object.create(o); for (;;) o.nothing;`,
  "proxies of proxies, asked whether they are lists":
    `let p = []; for (let i = 0; i < 1e5; i++) p = new Proxy(p, {}); for (;;) try { Array.isArray(p); } catch {}`,
  "numbers with one hash": `for (;;) new Set(Array.from({ length: 1e5 }, (_, i) => (BigInt(i) << 64n) + 1n));`,
  "a decimal number of a megabyte": `const x = (1n << 30000000n) - 1n; for (;;) x.toString();`,
  "a quotient of long numbers":
    `const x = (1n << 100000000n) - 1n, y = (1n << 50000000n) - 3n; for (;;) kept[0] = x / y;`,
  "halves of halves of a stream":
    `let s = new ReadableStream({ pull(c) { c.enqueue(new Uint8Array(1000)); } }); for (;;) { const [a, b] = s.tee(); kept.push(b); s = a; }`,
};

/** Each is refused by an exception, and the app serves on. */
const REFUSED: Readonly<Record<string, string>> = {
  "an expression of a hundred thousand groups": `new RegExp("(".repeat(1e5) + ")".repeat(1e5)).test("x");`,
  "an expression of deep looks behind": `new RegExp("(?<=".repeat(5e4) + ")".repeat(5e4)).test("x");`,
  "a number beyond all numbers": `kept.push(2n ** 2000000000n);`,
  "a shift beyond all numbers": `kept.push(1n << (2n ** 30n - 1n));`,
  "a number of a gigabit": `kept.push(BigInt.asUintN(2 ** 30, -1n));`,
  "a template beyond all texts": "const s = 'x'.repeat(2**28); kept.push(`${s}${s}${s}`);",
  "a clone as deep as a well": `let o = {}; for (let i = 0; i < 1e6; i++) o = { o }; structuredClone(o);`,
  "a list of 2^53, called for each":
    `for (const name of ["forEach", "map", "filter", "some", "every", "flatMap", "reduce", "reduceRight", "flat", "slice"]) {
      try { Array.prototype[name].call({ length: 2 ** 32 - 1 }, () => 0, 0); return new Response("done " + name); } catch {}
    }
    Array.from({ length: 2 ** 32 - 2 });`,
  "lists of holes in a list": `const a = []; a.length = 2 ** 32 - 2; kept.push([a].flat());`,
  "lists of holes for each": `const a = []; a.length = 2 ** 32 - 2; [1].flatMap(() => a);`,
  "keys of a hundred million bytes": `kept.push(Object.keys(new Uint8Array(6e7)));`,
  "numbers in words, by the million": `new Uint8Array(6e7).toLocaleString();`,
  "marks on a letter, by the million": `("a" + "\\u0300\\u0323".repeat(1e6)).normalize("NFC");`,
  "words of a very long text": `new Intl.Segmenter("th", { granularity: "word" }).segment("ก".repeat(2e8));`,
  "keys behind proxies, by the ten million":
    `const bytes = new Uint8Array(6e7); const proxies = [new Proxy(bytes, {}), Proxy.revocable(bytes, {}).proxy, new Proxy(new Proxy(bytes, {}), {})];
    for (const p of proxies) for (const how of [Object.keys, Reflect.ownKeys, Object.entries, (x) => Object.assign({}, x)]) await refused(() => how(p).length ?? 1);
    Object.keys(new Proxy(new String(text(1e8)), {}));`,
  "properties of bytes by the ten million":
    `const bytes = new Uint8Array(6e7); await refused(() => Object.create({}, bytes)); Object.defineProperties({}, bytes);`,
  "bytes as JSON by the ten million":
    `await refused(() => Response.json({ a: [new Float64Array(8e6)] })); JSON.stringify(new Uint8Array(6e7));`,
  "a long text, cloned ten thousand times":
    `const t = text(2e7); const { port1 } = new MessageChannel(); const v8 = await import("node:v8");
    for (const value of [new Array(1e4).fill(t), { a: new Map(Array.from({ length: 1e4 }, (_, i) => [i, t])) }, Array.from({ length: 1e4 }, () => ({ [t]: 1 }))])
      for (const how of [structuredClone, (one) => port1.postMessage(one) ?? 1, v8.serialize]) await refused(() => how(value));
    structuredClone(Array.from({ length: 1e4 }, () => new Error(t)));`,
  "dates as long as texts can be": `Temporal.PlainDate.from("2000-01-01" + "[x=y]".repeat(1e7));`,
  "a list of 2^53": `Array.prototype.indexOf.call({ length: 2 ** 53 - 1 }, 1);`,
  "keys of two hundred million characters": `kept.push(Object.keys("x".repeat(2e8)));`,
  "own keys of a boxed text": `kept.push(Reflect.ownKeys(new String("x".repeat(3e8))));`,
  "an object from a text": `kept.push(Object.assign({}, "x".repeat(3e8)));`,
  "arguments of two hundred million": `Math.max.apply(null, { length: 2e8 });`,
  "keys of a proxy by the hundred million": `Reflect.ownKeys(new Proxy({}, { ownKeys: () => ({ length: 2e8 }) }));`,
  "a sparse array of bytes": `const a = [1]; a.length = 1.4e8; kept.push(new Uint8Array(a));`,
  "a species of buffers":
    `const b = new ArrayBuffer(8); b.constructor = { [Symbol.species]: function () { return new ArrayBuffer(1e12); } }; b.slice(0, 4);`,
  "a species of bytes that is too short":
    `class U extends Uint8Array { static get [Symbol.species]() { return function () { return new Uint8Array(0); }; } } new U(100).map((x) => 1);`,
  "a recursion of WebAssembly":
    `new WebAssembly.Instance(new WebAssembly.Module(new Uint8Array([0,97,115,109,1,0,0,0,1,4,1,96,0,0,3,2,1,0,7,5,1,1,102,0,0,10,6,1,4,0,16,0,11]))).exports.f();`,
  "a recursion of natives": `const f = () => [1].map(f); f();`,
  "a recursion of texts": `const o = { toString() { return "" + o; } }; "" + o;`,
  "object URLs without end": `for (let i = 0; i < 1e5; i++) kept.push(URL.createObjectURL(new Blob(["x"])));`,
  "a boxed text, split": `new String("x".repeat(5e8)).split("");`,
  "what becomes a text, split": `String.prototype.split.call({ toString: () => "x".repeat(5e8) }, "");`,
  "a boxed text, parsed": `JSON.parse(new String("[" + "1,".repeat(2e8) + "1]"));`,
  "a boxed text, matched": `/x/g[Symbol.match](new String("x".repeat(5e8)));`,
  "ports in ports": nested("c.port2"),
  "ports without a prototype in ports": nested("(Object.setPrototypeOf(c.port2, null), c.port2)"),
  "ports of Node in ports": `const { MessageChannel } = await import("node:worker_threads"); ${nested("c.port2")}`,
  "ports in ports, cloned in between":
    `let p = new MessageChannel().port2; for (let i = 0; i < 2e4; i++) { const d = new MessageChannel(); d.port1.postMessage(0, [structuredClone(p, { transfer: [p] })]); p = d.port2; }`,
};

/** Ports that lie in unread messages of ports: what drops them may need a stack as deep. */
function nested(port: string): string {
  return `let c = new MessageChannel(); for (let i = 0; i < 2e4; i++) { const d = new MessageChannel(); d.port1.postMessage(0, [${port}]); c = d; }`;
}

/** V8 lists all pieces of all matches before it looks whether it is to stop. */
const DOLLARS: Readonly<Record<string, string>> = {
  "dollars": `text(1e7).replace(/x/g, "$&".repeat(60));`,
  "dollars with numbers": `text(2e7).replace(/(x)/g, "$1a$1b$1c$1d$1e$1f$1g$1h");`,
  "dollars with names": `text(2e7).replaceAll(/(?<n>x)/g, "$<n>-".repeat(12));`,
  "dollars of what becomes a text":
    `/x/g[Symbol.replace]({ toString: () => text(2e7) }, { toString: () => "$&".repeat(60) });`,
};

/** Attacks by native code. */
export const NATIVE_CASES: readonly HostileCase[] = [
  ...Object.entries(ENDLESS).map(([name, deed]): HostileCase => ({ name, deed, sees: ENDED, limits: ENDLESS_LIMITS })),
  ...Object.entries(REFUSED).map(([name, deed]): HostileCase => ({
    name,
    deed,
    sees: [THROWN],
    limits: PATIENT,
    lingers: true,
  })),
  ...Object.entries(DOLLARS).map(([name, deed]): HostileCase => ({
    name,
    deed,
    sees: ENDED,
    limits: PATIENT,
    lingers: true,
  })),
  {
    name: "lists and sorted copies of what says two lengths",
    deed:
      `let looks = 0; const p = new Proxy([], { get: (t, k) => k === "length" ? (looks++ ? 2e8 : 1) : Reflect.get(t, k) });
      for (const name of ["toSorted", "sort", "toReversed", "with", "indexOf", "includes", "fill", "shift"]) {
        looks = 0;
        try { p[name](0, 0); } catch {}
      }
      class A extends Array { static get [Symbol.species]() { return function () { return { get length() { return looks++ % 2 ? 2e8 : 1; } }; }; } }
      if (new Proxy(new A(3), {}).toSorted().length !== 3) throw new Error("of a proxy");
      await refused(() => Array.prototype.toSorted.call(null));
      const told = [[3, 1, 2].toSorted(), Array.prototype.toSorted.call({ length: 2, 0: 5, 1: 4 })].join("|");
      if (told !== "1,2,3|4,5") throw new Error(told);`,
    sees: ["200"],
    lingers: true,
  },
  {
    name: "a sorted copy of two hundred million",
    deed: `Array.prototype.toSorted.call({ length: 2e8 });`,
    sees: ENDED_OR_THROWN,
    limits: PATIENT,
    lingers: true,
  },
];
