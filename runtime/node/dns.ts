/** `node:dns`: names by the host's resolver, under the app's outbound policy. */
import stub from "unenv/node/dns";
import { calls, resolverSettings } from "./dns_names.ts";
import { ownLookups } from "./tcp/addresses.ts";
import promises from "./dns_promises.ts";

export * from "unenv/node/dns";

type Done = (error: unknown, ...values: unknown[]) => void;
type Call = (...given: unknown[]) => void;

/** With a callback as the last argument. */
const withCallback: Record<string, Call> = Object.fromEntries(
  Object.entries(calls).map(([name, call]) => [name, (...given: unknown[]) => {
    const done = given.pop() as Done;
    if (typeof done !== "function") {
      throw Object.assign(new TypeError('The "callback" argument must be of type function'), {
        code: "ERR_INVALID_ARG_TYPE",
      });
    }
    call(...given).then((value) => {
      const isOne = name === "lookup" && !Array.isArray(value);
      const { address, family } = (isOne ? value : {}) as { address?: string; family?: number };
      queueMicrotask(() => isOne ? done(null, address, family) : done(null, value));
    }, (error) => queueMicrotask(() => done(error)));
  }]),
);
const custom = Symbol.for("nodejs.util.promisify.custom");
for (const [name, call] of Object.entries(calls)) Object.defineProperty(withCallback[name], custom, { value: call });

ownLookups.add(withCallback["lookup"]!);

/** A resolver of its own asks the same host. */
export class Resolver {
  constructor() {
    Object.assign(this, withCallback, resolverSettings, { cancel() {} });
  }
}

export const { lookup, resolve, resolve4, resolve6, resolveCaa, resolveCname, resolveMx, resolveNs } = withCallback;
export const { resolvePtr, resolveSoa, resolveSrv, resolveTxt } = withCallback;
export const { getServers, setServers, getDefaultResultOrder, setDefaultResultOrder } = resolverSettings;
export { promises };
export default { ...stub, ...withCallback, ...resolverSettings, Resolver, promises };
