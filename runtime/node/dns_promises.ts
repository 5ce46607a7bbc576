/** `node:dns/promises`. */
import stub from "unenv/node/dns/promises";
import { calls, resolverSettings } from "./dns_names.ts";

export * from "unenv/node/dns/promises";

/** A resolver of its own asks the same host. */
export class Resolver {
  constructor() {
    Object.assign(this, calls, resolverSettings, { cancel() {} });
  }
}

export const { lookup, resolve, resolve4, resolve6, resolveCaa, resolveCname, resolveMx, resolveNs } = calls;
export const { resolvePtr, resolveSoa, resolveSrv, resolveTxt } = calls;
export const { getServers, setServers, getDefaultResultOrder, setDefaultResultOrder } = resolverSettings;
export default { ...stub, ...calls, ...resolverSettings, Resolver };
