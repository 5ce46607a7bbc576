/** SQLite's mathematical functions, which D1 has and Deno's SQLite is built without: https://sqlite.org/lang_mathfunc.html */
import type { DatabaseSync } from "node:sqlite";

/** What SQL gives to a function. */
type SqlValue = null | number | bigint | string | Uint8Array;

/** Of one number each. */
const OF_ONE: Readonly<Record<string, (x: number) => number>> = {
  acos: Math.acos,
  acosh: Math.acosh,
  asin: Math.asin,
  asinh: Math.asinh,
  atan: Math.atan,
  atanh: Math.atanh,
  cos: Math.cos,
  cosh: Math.cosh,
  degrees: (x) => x * (180 / Math.PI),
  exp: Math.exp,
  radians: (x) => x * (Math.PI / 180),
  sin: Math.sin,
  sinh: Math.sinh,
  sqrt: Math.sqrt,
  tan: Math.tan,
  tanh: Math.tanh,
};
const OF_TWO: Readonly<Record<string, (x: number, y: number) => number>> = {
  atan2: Math.atan2,
  mod: (x, y) => x % y,
  pow: Math.pow,
  power: Math.pow,
};
/** These leave an integer as it is. */
const ROUNDING: Readonly<Record<string, (x: number) => number>> = {
  ceil: Math.ceil,
  ceiling: Math.ceil,
  floor: Math.floor,
  trunc: Math.trunc,
};
const LOGARITHMS: Readonly<Record<string, (x: number) => number>> = {
  ln: Math.log,
  log: Math.log10,
  log10: Math.log10,
  log2: Math.log2,
};

/** Deterministic, as for an index; integers come whole, so that they are told from reals. */
const OPTIONS = { deterministic: true, useBigIntArguments: true };

/** Adds them to a connection. What is no number, and what has no answer, is NULL. */
export function addMath(database: DatabaseSync): void {
  const add = (name: string, run: (...values: SqlValue[]) => SqlValue) =>
    database.function(name, OPTIONS, run as never);
  for (const [name, run] of Object.entries(OF_ONE)) add(name, (x) => answerOf(run(realOf(x))));
  for (const [name, run] of Object.entries(OF_TWO)) add(name, (x, y) => answerOf(run(realOf(x), realOf(y))));
  for (const [name, run] of Object.entries(ROUNDING)) {
    add(name, (x) => {
      const number = numberOf(x);
      return typeof number === "bigint" ? number : answerOf(run(number));
    });
  }
  for (const [name, run] of Object.entries(LOGARITHMS)) add(name, (x) => answerOf(positive(x, run)));
  // Another one beside that of one argument. None of these throws: Deno 2.9.6 would read rows for ever then.
  add("log", (base, x) => {
    const divisor = positive(base, Math.log);
    return divisor > 0 ? answerOf(positive(x, Math.log) / divisor) : null;
  });
  add("pi", () => Math.PI);
}

function answerOf(number: number): number | null {
  return Number.isNaN(number) ? null : number;
}

function positive(value: SqlValue, run: (x: number) => number): number {
  const x = realOf(value);
  return x > 0 ? run(x) : NaN;
}

function realOf(value: SqlValue): number {
  return Number(numberOf(value));
}

/** A text is taken for the number that it is, as by a column of numbers; NaN for what is none. */
function numberOf(value: SqlValue): number | bigint {
  if (typeof value === "number" || typeof value === "bigint") return value;
  // Not what JavaScript takes besides: nothing, other bases, words.
  if (typeof value !== "string" || !/^\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?\s*$/i.test(value)) return NaN;
  return /^\s*[+-]?\d+\s*$/.test(value) && Number.isSafeInteger(Number(value)) ? BigInt(value.trim()) : Number(value);
}
