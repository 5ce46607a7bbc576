/** Names for an app's `node:dns`: the host's resolver, under the app's outbound policy. */
import dns from "node:dns/promises";
import { isAddress, isPublicAddress } from "./address_policy.ts";
import { Outbound, type OutboundPolicy } from "./outbound.ts";

/** A resolver that does not answer. Below what an app's call waits at most. */
const TIMEOUT_MS = 3_500;
/** Names being looked up for one app at once. */
const MAX_RUNNING = 32;
/** Kinds of records that tell of the public name space only. */
const KINDS = new Set(["A", "AAAA", "CAA", "CNAME", "MX", "NS", "PTR", "SOA", "SRV", "TXT"]);

/** Why a name was not found, by a code of `node:dns`. */
export class NameError extends Error {
  readonly code: string;

  constructor(code: string) {
    super(code);
    this.code = code;
  }
}

/** What is asked; tests answer it themselves. */
export interface NameTools {
  readonly lookup: (hostname: string) => Promise<readonly { readonly address: string; readonly family: number }[]>;
  readonly resolve: (hostname: string, kind: string) => Promise<unknown>;
  readonly isPublic: (address: string) => boolean;
}

const SYSTEM: NameTools = {
  lookup: (hostname) => dns.lookup(hostname, { all: true }),
  resolve: (hostname, kind) => dns.resolve(hostname, kind as "A"),
  isPublic: isPublicAddress,
};

/** Looks up names for one app. */
export class NameService {
  readonly #policy: OutboundPolicy;
  readonly #tools: NameTools;
  readonly #timeoutMs: number;
  #running = 0;

  constructor(policy: OutboundPolicy, tools: NameTools = SYSTEM, { timeoutMs = TIMEOUT_MS } = {}) {
    this.#policy = policy;
    this.#tools = tools;
    this.#timeoutMs = timeoutMs;
  }

  /** All addresses that the app may connect to. */
  async lookup(hostname: string): Promise<readonly { readonly address: string; readonly family: number }[]> {
    this.#check(hostname);
    const found = await this.#ask(() => this.#tools.lookup(hostname));
    const open = found.filter(({ address }) => this.#isOpen(address));
    if (open.length === 0) throw new NameError(found.length === 0 ? "ENOTFOUND" : "EPERM");
    return open.map(({ address, family }) => ({ address, family }));
  }

  /** Records of one kind. */
  async resolve(hostname: string, kind: string): Promise<unknown> {
    if (!KINDS.has(kind)) throw new NameError("ENOTIMP");
    this.#check(hostname);
    const found = await this.#ask(() => this.#tools.resolve(hostname, kind));
    if (kind !== "A" && kind !== "AAAA") return found;
    const open = (found as string[]).filter((address) => this.#isOpen(address));
    if (open.length === 0) throw new NameError("EPERM");
    return open;
  }

  #isOpen(address: string): boolean {
    return this.#policy !== "public" || this.#tools.isPublic(address);
  }

  #check(hostname: string): void {
    if (!/^[\w.:-]{1,253}$/.test(hostname)) throw new NameError("EBADNAME");
    try {
      using outbound = new Outbound(this.#policy);
      const host = hostname.includes(":") && isAddress(hostname) ? `[${hostname}]` : hostname;
      outbound.checkHost(new URL(`http://${host}`).hostname, null);
    } catch {
      throw new NameError("EPERM");
    }
  }

  async #ask<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
    if (this.#running >= MAX_RUNNING) throw new NameError("EAGAIN");
    this.#running++;
    const asked = ask();
    // Until then it holds a thread of those that read files, too, whether anybody still waits for it or not.
    const over = () => void this.#running--;
    asked.then(over, over);
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new NameError("ETIMEOUT")), this.#timeoutMs);
    });
    try {
      return await Promise.race([asked, late]);
    } catch (error) {
      if (error instanceof NameError) throw error;
      const { code } = error as { code?: unknown };
      throw new NameError(typeof code === "string" && /^E[A-Z_]+$/.test(code) ? code : "ENOTFOUND");
    } finally {
      clearTimeout(timer);
    }
  }
}
