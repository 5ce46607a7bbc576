/** Walks: lists, names and stacks that V8 goes through, or takes, in one piece for as long as an app says. */
import type { HostileCase } from "../hostile_case.ts";

const OOM = "503 APP_OUT_OF_MEMORY";
const SLOW = "504 APP_UNRESPONSIVE";
const THROWN = "500 APP_EXCEPTION";
const PATIENT = { cpu_ms: 4000, timeout_ms: 300_000 };

const HOLES = `const holes = []; holes.length = 2 ** 32 - 2; const endless = { length: 2 ** 53 - 1 };`;
const SPREAD = `const spread = (one) => Object.assign(one, { [Symbol.isConcatSpreadable]: true });`;

/** Each kept a killed thread for hours. */
const REFUSED: Readonly<Record<string, string>> = {
  "lists joined that say 2^53": `await refused(() => Array.prototype.concat.call(spread(endless)));
    [].concat(spread({ length: 2 ** 32 - 2 }));`,
  "lists joined behind a proxy": `[].concat(new Proxy([], { get: (t, k) => k === "length" ? 2 ** 32 - 2 : t[k] }));`,
  "a list that a getter of another makes longer": `const later = [], first = [0];
    Object.defineProperty(first, 0, { get: () => (later.length = 2 ** 32 - 1) }); Array.prototype[1] = 1;
    try { [].concat(first, later); } finally { delete Array.prototype[1]; }`,
  "lists in what is like a list": `await refused(() => new Proxy([holes], {}).flat());
    Array.prototype.flat.call({ length: 1, 0: holes });`,
  "lists in a list that are others at the second look": `let looks = 0; const list = [0];
    Object.defineProperty(list, 0, { get: () => looks++ ? holes : [] });
    for (let at = 0; at < 3; at++) list.flat();`,
  "lists made that say another length at the second look": `let looks = 0; const lies = new Proxy([],
      { get: (t, k) => k === "length" ? (looks++ ? 2 ** 53 - 1 : 1) : t[k], has: () => false });
    [1].flatMap(() => lies); [1].flatMap(() => lies);`,
  "locales that say 2^53":
    `for (const how of [() => new Intl.NumberFormat(endless), () => "x".toLocaleUpperCase(endless),
      () => "x".localeCompare("y", endless), () => (1).toLocaleString(endless), () => 1n.toLocaleString(endless),
      () => new Date().toLocaleDateString(endless), () => Intl.Collator.supportedLocalesOf(endless),
      () => Temporal.Now.plainDateISO().toLocaleString(endless), () => [1].toLocaleString(endless),
      () => Intl.DateTimeFormat(holes), () => new (Intl.Segmenter.prototype.constructor)(endless)]) await refused(how);
    Intl.getCanonicalLocales(endless);`,
  "locales that are longer at the second look": `let looks = 0; const lies = new Proxy([],
      { get: (t, k) => k === "length" ? (looks++ ? 2 ** 53 - 1 : 1) : t[k], has: () => false });
    for (let at = 0; at < 3; at++) new Intl.ListFormat(lies);`,
  "a locale of a million variants":
    `const name = "en" + Array.from({ length: 1e6 / 9 }, (_, at) => "-v" + at.toString(36).padStart(7, "0")).join("");
    await refused(() => new Intl.Locale(name)); await refused(() => new Intl.Locale("en", { variants: name.slice(3) }));
    await refused(() => new Intl.DisplayNames("en", { type: "language" }).of(name)); new Intl.Collator([{ toString: () => name }]);`,
};

/** Each ended the host: V8 has no place for so many elements in a table. */
const ENDED: Readonly<Record<string, string>> = {
  "bytes that are to be spread":
    `const bytes = spread(new Uint8Array(6e7)); kept.push([].concat(bytes, bytes, bytes));`,
  "the letters of a long text": `String.prototype[Symbol.isConcatSpreadable] = true; [].concat.call(text(3e8));`,
  "a million holes, sixty times": `const list = []; for (let at = 0; at < 6e5; at++) list[at * 200] = at;
    kept.push([].concat(...new Array(60).fill(list)));`,
};

/** A module whose `f` calls an import that waits. */
const WAITS = `const wait = new WebAssembly.Suspending(() => WAITED);
  const module = new WebAssembly.Module(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 2, 7, 1, 1, 97, 1, 98, 0, 0,
    3, 2, 1, 0, 7, 5, 1, 1, 102, 0, 1, 10, 6, 1, 4, 0, 16, 0, 11]));
  const call = WebAssembly.promising(new WebAssembly.Instance(module, { a: { b: wait } }).exports.f);`;

/** Attacks on what walks. */
export const WALK_CASES: readonly HostileCase[] = [
  ...Object.entries(REFUSED).map(([name, deed]): HostileCase => ({
    name,
    deed: `${HOLES} ${SPREAD} ${deed}`,
    sees: [THROWN],
    limits: PATIENT,
  })),
  ...Object.entries(ENDED).map(([name, deed]): HostileCase => ({
    name: `joined, ${name}`,
    deed: `${SPREAD} ${deed}`,
    sees: [OOM, SLOW, THROWN],
    limits: PATIENT,
    spoilsItself: true,
    lingers: true,
  })),
  {
    name: "codes of bytes without end",
    deed: `const bytes = new Uint8Array(2e7), code = "A".repeat(2e7);
      for (;;) { bytes.setFromBase64(code); bytes.toHex(); Uint8Array.fromBase64(code); }`,
    sees: [SLOW, OOM],
    limits: { timeout_ms: 300_000 },
  },
  {
    name: "stacks of WebAssembly that wait for ever",
    deed: `${WAITS.replace("WAITED", "new Promise((settle) => kept.push(settle))")}
      let refusals = 0; for (let at = 0; at < 40_000; at++) { call().catch(() => refusals++); if (at % 100 === 0) await later(0); }
      if (refusals < 39_000) throw new Error("refused " + refusals);`,
    sees: ["200"],
    limits: PATIENT,
    lingers: true,
  },
  {
    name: "stacks of WebAssembly that wait a moment",
    deed: `${WAITS.replace("WAITED", "later(1)")}
      for (let at = 0; at < 20; at++) await Promise.all(Array.from({ length: 500 }, () => call()));`,
    sees: ["200"],
    limits: PATIENT,
  },
];
