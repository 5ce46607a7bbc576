/**
 * Tells proxies of lists from lists at no cost where no app has made one: a list is walked far more often than a proxy is
 * made, and to ask Deno takes 30 ns.
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

const { isProxy } = types;
const bind = uncurry(Function.prototype.bind) as (method: unknown, self: unknown) => object;
const { revocable } = Proxy;

let hasAny = false;

/** Whether a list is a proxy of one. */
export function isProxiedList(list: object): boolean {
  return hasAny && isProxy(list);
}

/** Puts a constructor in the place of the native one that notes whether proxies of lists are made. @boot */
export function watchProxies(): void {
  const watching = function (target: object, handler: ProxyHandler<object>): object {
    if (new.target === undefined) throw new NativeTypeError("Constructor Proxy requires 'new'");
    if (isArray(target)) hasAny = true;
    return construct(NativeProxy, [target, handler]);
  };
  // A bound function is a constructor without a prototype, as Proxy is.
  const watched = bind(watching, undefined);
  defineProperty(watched, "name", bare({ value: "Proxy", configurable: true }));
  defineProperty(watched, "length", bare({ value: 2, configurable: true }));
  // A method, so that it is no constructor, like the native one.
  const methods = {
    revocable(target: object, handler: ProxyHandler<object>): unknown {
      if (isArray(target)) hasAny = true;
      return revocable(target, handler);
    },
  };
  defineMember(watched, "revocable", methods.revocable);
  defineGlobal("Proxy", watched);
}
