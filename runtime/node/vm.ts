/** `node:vm`: what is compiled from text runs in the app's own realm, where the isolate allows code from text at all. */
import { Buffer } from "node:buffer";
import stub from "unenv/node/vm";
import { refusing } from "./past_isolate.ts";
import { compileIn, createContext, isContext, runIn } from "./vm_contexts.ts";

export * from "unenv/node/vm";
export { createContext, isContext };

/** @throws {EvalError} where code from text is not allowed */
function named<Result>(name: string, make: () => Result): Result {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof EvalError)) throw error;
    throw new EvalError(`Cannot call node:vm.${name}: an app makes no code from text (${error.message})`);
  }
}

/** Runs text as a script of this realm. */
function run(name: string, code: unknown): unknown {
  return named(name, () => (0, eval)(String(code)));
}

/** Runs text as a script of a context. */
function runWithin(name: string, code: unknown, context: unknown): unknown {
  if (typeof context !== "object" || context === null || !isContext(context)) {
    throw Object.assign(
      new TypeError(`The "contextifiedObject" argument must be an vm.Context. Received ${String(context)}`),
      { code: "ERR_INVALID_ARG_TYPE" },
    );
  }
  return named(name, () => runIn(context, String(code)));
}

/** A text that may run many times. Deadlines among the options do not count: the app's own does. */
export class Script {
  readonly #code: string;
  /** As in Node: nothing was kept to be used again. */
  readonly cachedDataRejected = false;

  constructor(code: unknown) {
    this.#code = String(code);
    checkSyntax(this.#code);
  }

  runInThisContext(): unknown {
    return run("Script.runInThisContext", this.#code);
  }

  runInContext(context: object): unknown {
    return runWithin("Script.runInContext", this.#code, context);
  }

  runInNewContext(context?: object): unknown {
    return runWithin("Script.runInNewContext", this.#code, createContext(context));
  }

  createCachedData(): Buffer {
    return Buffer.alloc(0);
  }
}

/** As in Node, a mistake is told where the script is made. @throws {SyntaxError} */
function checkSyntax(code: string): void {
  try {
    // What a function may hold is more than a script may: `return` and `new.target`.
    new Function(code);
  } catch (error) {
    if (error instanceof SyntaxError && !/\bawait\b/.test(code)) throw error;
  }
}

export const runInThisContext = (code: unknown): unknown => run("runInThisContext", code);
export const runInContext = (code: unknown, context: object): unknown => runWithin("runInContext", code, context);
export const runInNewContext = (code: unknown, context?: object): unknown =>
  runWithin("runInNewContext", code, createContext(context));

/** What `compileFunction` may be told of its scope. */
interface CompileOptions {
  readonly parsingContext?: object;
  readonly contextExtensions?: readonly object[];
}

export function compileFunction(
  code: unknown,
  names: readonly string[] = [],
  { parsingContext, contextExtensions = [] }: CompileOptions = {},
): unknown {
  const scopes = [...parsingContext === undefined ? [] : [parsingContext], ...contextExtensions];
  return named("compileFunction", () => compileIn(scopes, names, String(code)));
}

/** Modules are linked by the host, of which an app has none. */
export class Module {
  constructor() {
    refusing("vm", new.target.name)();
  }
}
export class SourceTextModule extends Module {}
export class SyntheticModule extends Module {}

const modules = { Module, SourceTextModule, SyntheticModule };
const own = { Script, runInThisContext, runInContext, runInNewContext, compileFunction, createContext, isContext };
export default { ...stub, ...own, ...modules };
