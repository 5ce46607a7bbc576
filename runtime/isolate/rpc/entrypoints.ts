/** What another app of this NANO reaches of an app: its entrypoints, and their methods by the rules of Workers. */
import {
  apply,
  construct,
  getMember,
  getPrototypeOf,
  hasOwn,
  isArray,
  keys,
  NativeNumber,
  NativeTypeError,
} from "../../protocol/primordials.ts";
import { joinTexts, listHas } from "../../protocol/safe_lists.ts";
import type { CalledEntry } from "../../protocol/rpc.ts";

/** The classes of `cloudflare:workers` that mark what may be called; null while the app imports none of them. */
export interface RpcClasses {
  readonly entrypoint: object;
  readonly target: object;
}

/** Whether an app's class extends one of ours. */
export function extendsClass(value: unknown, base: object | undefined): boolean {
  if (typeof value !== "function" || base === undefined) return false;
  for (let level = getPrototypeOf(value); level !== null; level = getPrototypeOf(level)) {
    if (level === base) return true;
  }
  return false;
}

/** Whether an app answers no requests of its own: its default export has methods only, or there is none beside others. */
export function isForMethodsOnly(exported: Record<string, unknown>, classes: RpcClasses | null): boolean {
  if (classes === null) return false;
  const { default: main } = exported;
  if (main !== undefined) {
    return extendsClass(main, classes.entrypoint) &&
      typeof (main as { prototype: Answering }).prototype.fetch !== "function";
  }
  const names = keys(exported);
  for (let at = 0; at < names.length; at++) if (extendsClass(exported[names[at]!], classes.entrypoint)) return true;
  return false;
}

interface Answering {
  readonly fetch?: unknown;
}

/** What handlers are called with. */
export interface EntrySurroundings {
  readonly env: unknown;
  readonly context: unknown;
}

/** What is asked of an entrypoint. */
export type Asked = Pick<CalledEntry, "entrypoint" | "operation"> & {
  readonly path: readonly string[];
  readonly args: readonly unknown[];
};

const parse = JSON.parse;
const objectPrototype = Object.prototype;
/** As workerd reserves them on entrypoints. */
const RESERVED = [
  "fetch",
  "connect",
  "alarm",
  "webSocketMessage",
  "webSocketClose",
  "webSocketError",
  "dup",
  "constructor",
];

/** The names of a path that the host has passed on. */
export function parsePath(path: string): readonly string[] {
  return parse(path) as string[];
}

/** The export of an app by its name. @throws {TypeError} when there is none */
function exportOf(exported: Record<string, unknown>, entrypoint: string): unknown {
  const found = hasOwn(exported, entrypoint) ? exported[entrypoint] : undefined;
  if (found !== undefined && found !== null) return found;
  throw new NativeTypeError(`The app has no entrypoint "${entrypoint}": its main module does not export it`);
}

/** Answers a request by an entrypoint that is not the default one. */
export function fetchEntrypoint(
  exported: Record<string, unknown>,
  entrypoint: string,
  { env, context, request }: EntrySurroundings & { readonly request: Request },
): unknown {
  const target = exportOf(exported, entrypoint);
  if (typeof target === "function" && typeof target.prototype?.fetch === "function") {
    const made = construct(target as new () => { fetch(request: Request): unknown }, [context, env] as never);
    return made.fetch(request);
  }
  const { fetch } = target as { fetch?: unknown };
  if (typeof fetch === "function" && typeof target === "object") return apply(fetch, target, [request, env, context]);
  throw new NativeTypeError(`The entrypoint "${entrypoint}" does not export a fetch() function.`);
}

/** Calls a method of an entrypoint, or reads a property. @returns what that comes to, perhaps a promise */
export function invokeEntrypoint(
  exported: Record<string, unknown>,
  { entrypoint, operation, path, args }: Asked,
  { env, context, classes }: EntrySurroundings & { readonly classes: RpcClasses | null },
): unknown {
  const found = exportOf(exported, entrypoint);
  const isClass = extendsClass(found, classes?.entrypoint);
  if (!isClass && typeof found === "function") {
    throw new NativeTypeError(
      "The receiver does not support RPC, because its class was not declared with `extends WorkerEntrypoint`. In order " +
        "to enable RPC, make sure your class extends the special class `WorkerEntrypoint`, which can be imported from " +
        'the module "cloudflare:workers".',
    );
  }
  const root = isClass ? construct(found as new () => object, [context, env] as never) : found as object;
  let holder = root;
  let takesOwn = !isClass;
  for (let at = 0; at < path.length - 1; at++) {
    const next = propertyOf(holder, path[at]!, takesOwn);
    if ((typeof next !== "object" && typeof next !== "function") || next === null) return missing(path[at]!);
    takesOwn = typeof next === "function" || getPrototypeOf(next) === objectPrototype;
    if (!takesOwn && !isTarget(next, classes)) return missing(path[at]!);
    holder = next;
  }
  const name = path[path.length - 1]!;
  const value = propertyOf(holder, name, takesOwn);
  if (operation === "get") return value;
  if (typeof value !== "function") throw new NativeTypeError(`"${joinTexts(path, ".")}" is not a function.`);
  if (isClass) return apply(value, holder, args as never[]);
  return apply(value, holder, handlerArguments(value, joinTexts(path, "."), args, { env, context }));
}

function isTarget(value: object, classes: RpcClasses | null): boolean {
  const prototype = classes === null ? undefined : getMember(classes.target, "prototype");
  for (let level = getPrototypeOf(value); level !== null; level = getPrototypeOf(level)) {
    if (level === prototype) return true;
  }
  return false;
}

/** A member that may be reached: of a class's instance what its prototypes have, of a plain object its own. */
function propertyOf(holder: object, name: string, takesOwn: boolean): unknown {
  if (listHas(RESERVED, name)) {
    throw new NativeTypeError(`'${name}' is a reserved method and cannot be called over RPC.`);
  }
  if (hasOwn(holder, name) !== takesOwn || !takesOwn && !isDeclared(holder, name)) return missing(name);
  return getMember(holder, name);
}

/** Whether a class of an instance has it, Object not being one: its `__proto__` is not the same for any two. */
function isDeclared(instance: object, name: string): boolean {
  let level = getPrototypeOf(instance);
  while (level !== null && level !== objectPrototype && !hasOwn(level, name)) level = getPrototypeOf(level);
  return level !== null && level !== objectPrototype;
}

function missing(name: string): never {
  throw new NativeTypeError(`The RPC receiver does not implement the method "${name}".`);
}

/** What stands in a plain object is a handler: one argument of the caller's, then env and ctx. */
function handlerArguments(
  handler: object,
  name: string,
  args: readonly unknown[],
  { env, context }: EntrySurroundings,
): never[] {
  const arity = NativeNumber(getMember(handler, "length"));
  if (arity > 3) {
    throw new NativeTypeError(
      `Cannot call handler function "${name}" over RPC because it has the wrong number of arguments. A simple function ` +
        "handler can only be called over RPC if it has exactly the arguments (arg, env, ctx), where only the first " +
        "argument comes from the client. To support multi-argument RPC functions, use class-based syntax (extending " +
        "WorkerEntrypoint) instead.",
    );
  }
  if (args.length !== 1) {
    throw new NativeTypeError(
      `Attempted to call RPC function "${name}" with the wrong number of arguments. When calling a top-level handler ` +
        "function that is not declared as part of a class, you must always send exactly one argument. In order to " +
        "support variable numbers of arguments, the server must use class-based syntax (extending WorkerEntrypoint) " +
        "instead.",
    );
  }
  return [args[0], env, context] as never[];
}

/** Arguments as they came over. @throws {TypeError} when they are no list */
export function argumentsOf(value: unknown): readonly unknown[] {
  if (!isArray(value)) throw new NativeTypeError("Cannot call a method: its arguments are malformed");
  return value;
}
