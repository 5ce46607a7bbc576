/** Contexts of `node:vm` in the app's one realm: their objects stand before the globals while a script runs. */

/** Names of the language itself, which a new context of Node has; all others it has to be given. */
const OF_THE_LANGUAGE: ReadonlySet<PropertyKey> = new Set([
  ...["Infinity", "NaN", "undefined", "eval", "isFinite", "isNaN", "parseFloat", "parseInt", "escape", "unescape"],
  ...["decodeURI", "decodeURIComponent", "encodeURI", "encodeURIComponent", "Object", "Function", "Boolean", "Symbol"],
  ...["Error", "AggregateError", "EvalError", "RangeError", "ReferenceError", "SyntaxError", "TypeError", "URIError"],
  ...["Number", "BigInt", "Math", "Date", "String", "RegExp", "Array", "Map", "Set", "WeakMap", "WeakSet", "WeakRef"],
  ...["Int8Array", "Uint8Array", "Uint8ClampedArray", "Int16Array", "Uint16Array", "Int32Array", "Uint32Array"],
  ...["Float16Array", "Float32Array", "Float64Array", "BigInt64Array", "BigUint64Array", "ArrayBuffer", "DataView"],
  ...["SharedArrayBuffer", "Atomics", "JSON", "Promise", "Reflect", "Proxy", "Intl", "Iterator", "WebAssembly"],
  ...["FinalizationRegistry", "Temporal", "console"],
]);
const ASSIGNED =
  /([\w$]+)\s*(?:\*\*|<<|>>>?|&&|\|\||\?\?|[-+*/%&|^])?=(?![=>])|([\w$]+)\s*(?:\+\+|--)|(?:\+\+|--)\s*([\w$]+)/g;
const DECLARED = /\bvar\s+([\w$]+)|,\s*([\w$]+)(?=\s*[,;=\n])|\bfor\s*\(\s*(?:var\s+)?([\w$]+)\s+(?:in|of)\b/g;
const FUNCTION = /(?:^|[;}] ?)(?:async\s+)?function\b\s*\*?\s*([\w$]+)/gm;
const STRICT = /^\s*(?:(["'])use strict\1)/;
/** A name that no script has: what is run, and what stands before the globals. */
const CODE = "__nanoVmCode";
const SCOPE = "__nanoVmScope";

const contexts = new WeakSet<object>();

/** Makes a context of an object, which stays the same object. */
export function createContext(object: object = {}): object {
  contexts.add(object);
  return object;
}

/** Whether {@linkcode createContext} was given it. */
export function isContext(object: object): boolean {
  return contexts.has(object);
}

/**
 * Runs a text as a script in a context: names that it assigns or declares (by `var` or `function`) become the
 * context's, and of the realm's globals it sees those of the language. It is no border: the realm is the app's own.
 *
 * @returns what the last statement gave
 * @throws {EvalError} where code from text is not allowed
 */
export function runIn(context: object, code: string): unknown {
  const functions = new Set([...code.matchAll(FUNCTION)].map(([, name]) => name!));
  const scope = scopeOf(context, code, functions);
  // Functions are there before the first statement; on the first line, so that no line moves.
  const given = [...functions].map((name) =>
    `if (typeof ${name} === "function" && ${name} !== globalThis.${name}) this.${name} = ${name};`
  ).join("");
  const whole = `${STRICT.test(code) ? `"use strict";` : ""}${given}${code}`;
  const run = new Function(SCOPE, CODE, `with (${SCOPE}) { return eval(${CODE}); }`);
  return run.call(context, scope, whole);
}

/** What stands before the globals. */
function scopeOf(context: object, code: string, functions: ReadonlySet<PropertyKey>): object {
  const written = new Set<PropertyKey>();
  for (const pattern of [ASSIGNED, DECLARED]) {
    for (const match of code.matchAll(pattern)) {
      const name = match.slice(1).find((one) => one !== undefined);
      if (name !== undefined) written.add(name);
    }
  }
  const isOfTheContext = (key: PropertyKey) => key in context || key === "globalThis";
  return new Proxy(context, {
    has(_, key) {
      if (key === CODE || key === SCOPE || key === "eval" || key === "arguments") return false;
      if (isOfTheContext(key)) return true;
      if (functions.has(key) || OF_THE_LANGUAGE.has(key)) return false;
      // What nobody has is looked for in the realm, where it is not: as in Node, reading it throws.
      return written.has(key) || key in globalThis;
    },
    get(_, key) {
      if (key === Symbol.unscopables) return undefined;
      if (key === "globalThis" && !("globalThis" in context)) return context;
      return Reflect.get(context, key);
    },
    set(_, key, value) {
      return Reflect.set(context, key, value);
    },
  });
}

/** Compiles a function whose body sees objects as its scope, the last one first. */
export function compileIn(scopes: readonly object[], names: readonly string[], body: string): unknown {
  const params = scopes.map((_, at) => `${SCOPE}${at}`);
  const opened = params.map((name) => `with (${name}) `).join("");
  return new Function(...params, `${opened}{ return (function (${names.join(",")}) {\n${body}\n}); }`)(...scopes);
}
