/** `node:vm`: what is compiled from text runs in the app's own realm, where the isolate allows code from text at all. */
import stub from "unenv/node/vm";

export * from "unenv/node/vm";

/** Runs text as a script of this realm. @throws {EvalError} where code from text is not allowed */
function run(name: string, code: unknown): unknown {
  try {
    return (0, eval)(String(code));
  } catch (error) {
    if (!(error instanceof EvalError)) throw error;
    throw new EvalError(`Cannot call node:vm.${name}: an app makes no code from text (${error.message})`);
  }
}

const refuse = (name: string) => () => {
  throw new Error(`Cannot call node:vm.${name}: an app has one realm, its own`);
};

export class Script {
  readonly #code: string;
  constructor(code: unknown) {
    this.#code = String(code);
  }
  runInThisContext(): unknown {
    return run("Script.runInThisContext", this.#code);
  }
  runInContext(): never {
    return refuse("Script.runInContext")();
  }
  runInNewContext(): never {
    return refuse("Script.runInNewContext")();
  }
}

export const runInThisContext = (code: unknown): unknown => run("runInThisContext", code);
export const runInContext = refuse("runInContext");
export const runInNewContext = refuse("runInNewContext");
export const compileFunction = (code: unknown, names: readonly string[] = []): unknown =>
  run("compileFunction", `(function (${names.join(",")}) {\n${String(code)}\n})`);
const contexts = new WeakSet<object>();
export const createContext = (context: object = {}): object => {
  contexts.add(context);
  return context;
};
export const isContext = (context: object): boolean => contexts.has(context);

const own = { Script, runInThisContext, runInContext, runInNewContext, compileFunction, createContext, isContext };
export default { ...stub, ...own };
