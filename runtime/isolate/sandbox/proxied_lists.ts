/**
 * Tells proxies of lists from lists at no cost where no app has made one: a list is walked far more often than a proxy is
 * made, and to ask Deno takes 30 ns. Knows what stands behind proxies of texts and typed arrays, whose keys are as many.
 */
import { types } from "node:util";
import { bare } from "../../protocol/bare.ts";
import {
  construct,
  defineGlobal,
  defineMember,
  defineProperty,
  isArray,
  NativeProxy,
  NativeTypeError,
  uncurry,
} from "../../protocol/primordials.ts";
import { SafeWeakMap } from "../../protocol/safe_collections.ts";

const { isProxy, isStringObject } = types;
const { isView } = ArrayBuffer;
const bind = uncurry(Function.prototype.bind) as (method: unknown, self: unknown) => object;
const { revocable } = Proxy;

let hasAny = false;
/** Null until an app makes one, as most never do. */
let keyed: SafeWeakMap<object, object> | null = null;

/** Whether a list is a proxy of one. */
export function isProxiedList(list: object): boolean {
  return hasAny && isProxy(list);
}

/** The text or typed array behind a proxy, or behind proxies of it; undefined for whatever else. */
export function behindProxy(subject: object): object | undefined {
  return keyed === null ? undefined : keyed.get(subject);
}

/** @returns the proxy */
function noted(proxy: object, target: object): object {
  if (isArray(target)) hasAny = true;
  const behind = isView(target) || isStringObject(target) ? target : behindProxy(target);
  if (behind !== undefined) {
    keyed ??= new SafeWeakMap();
    keyed.set(proxy, behind);
  }
  return proxy;
}

/** Puts a constructor in the place of the native one that notes whether proxies of lists are made. @boot */
export function watchProxies(): void {
  const watching = function (target: object, handler: ProxyHandler<object>): object {
    if (new.target === undefined) throw new NativeTypeError("Constructor Proxy requires 'new'");
    return noted(construct(NativeProxy, [target, handler]) as object, target);
  };
  // A bound function is a constructor without a prototype, as Proxy is.
  const watched = bind(watching, undefined);
  defineProperty(watched, "name", bare({ value: "Proxy", configurable: true }));
  defineProperty(watched, "length", bare({ value: 2, configurable: true }));
  // A method, so that it is no constructor, like the native one.
  const methods = {
    revocable(target: object, handler: ProxyHandler<object>): { proxy: object; revoke: () => void } {
      const made = revocable(target, handler);
      noted(made.proxy, target);
      return made;
    },
  };
  defineMember(watched, "revocable", methods.revocable);
  defineGlobal("Proxy", watched);
}
