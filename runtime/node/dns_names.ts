/** Names of hosts, asked of the host's resolver under the app's outbound policy. */
import { host } from "./fs/host.ts";

/** What Node says of a code. */
function nameError(code: string, syscall: string, hostname: string): Error {
  const why = code === "EPERM" ? `${code}, the app's outbound policy forbids it` : code;
  return Object.assign(new Error(`${syscall} ${why} ${hostname}`), { code, errno: code, syscall, hostname });
}

async function ask(syscall: string, ...question: [string, string, ...unknown[]]): Promise<unknown> {
  try {
    return await host.call(...question);
  } catch (error) {
    throw nameError((error as { code?: string }).code ?? "ESERVFAIL", syscall, question[1]);
  }
}

interface Found {
  readonly address: string;
  readonly family: 4 | 6;
}
type LookupOptions = { readonly all?: boolean; readonly family?: number | string } | number | undefined;

function hostnameOf(given: unknown): string {
  if (typeof given === "string") return given;
  throw Object.assign(
    new TypeError(`The "hostname" argument must be of type string. Received ${given === null ? "null" : typeof given}`),
    { code: "ERR_INVALID_ARG_TYPE" },
  );
}

/** `lookup(hostname, options)` */
export async function lookup(given: unknown, options?: LookupOptions): Promise<Found | Found[]> {
  const hostname = hostnameOf(given);
  const settings = typeof options === "number" ? { family: options } : options ?? {};
  const family = Number(String(settings.family ?? 0).replace("IPv", ""));
  const all = (await ask("getaddrinfo", "lookup", hostname) as Found[])
    .filter((one) => family === 0 || one.family === family);
  if (all.length === 0) throw nameError("ENOTFOUND", "getaddrinfo", hostname);
  return settings.all === true ? all : all[0]!;
}

/** `resolve(hostname, kind)` */
export async function resolve(given: unknown, kind: string = "A"): Promise<unknown> {
  return await ask(`query${kind[0]}${kind.slice(1).toLowerCase()}`, "resolve", hostnameOf(given), kind);
}

const KINDS: Readonly<Record<string, string>> = {
  ...{ resolve4: "A", resolve6: "AAAA", resolveCaa: "CAA", resolveCname: "CNAME", resolveMx: "MX", resolveNs: "NS" },
  ...{ resolvePtr: "PTR", resolveSoa: "SOA", resolveSrv: "SRV", resolveTxt: "TXT" },
};

type Call = (...given: unknown[]) => Promise<unknown>;

/** All calls that promise. */
export const calls: Readonly<Record<string, Call>> = {
  lookup: lookup as Call,
  resolve: resolve as Call,
  ...Object.fromEntries(
    Object.entries(KINDS).map(([name, kind]) => [name, (hostname: unknown) => resolve(hostname, kind)]),
  ),
};

function refuse(): never {
  throw new Error("Cannot call node:dns.setServers: names are looked up by the host");
}

/** What needs no name. */
export const resolverSettings = {
  getServers: (): string[] => [],
  setServers: refuse,
  getDefaultResultOrder: (): string => "verbatim",
  setDefaultResultOrder(): void {},
};
