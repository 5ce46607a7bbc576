/** An app's way out: connections by its policy, checked after name resolution on each one. */
import dns from "node:dns";
import { isAddress, isListed, isPublicAddress, MAIL_PORT, namesPort } from "./address_policy.ts";
import { boundedResolve, type Resolve } from "./bounded_resolve.ts";
import { Connections, type Lookup, type TakeDescriptor } from "./connections.ts";

/** Where an app may connect to. */
export type OutboundPolicy = "public" | "none" | "any" | readonly string[];

/** The policy forbids it. */
export class OutboundRefused extends TypeError {
  override readonly name = "TypeError";
}

/** Connections of one app at once, unless told otherwise: twice the requests that it may have under way. */
export const DEFAULT_MAX_CONNECTIONS = 512;

export type { Resolve } from "./bounded_resolve.ts";

const systemResolve: Resolve = (hostname, done) => {
  dns.lookup(hostname, { all: true }, (error, addresses) => done(error, addresses ?? []));
};

/** What the policy is judged with; tests put their own name server and their own internet in its place. */
export interface OutboundTools {
  readonly resolve: Resolve;
  readonly isPublic: (address: string) => boolean;
}

const SYSTEM_TOOLS: OutboundTools = { resolve: systemResolve, isPublic: isPublicAddress };

/** How an {@linkcode Outbound} works. */
export interface OutboundOptions {
  readonly tools?: OutboundTools;
  /** Most connections at once, WebSockets included. */
  readonly maxConnections?: number;
  /** Asked for each connection of fetch; by default there are as many as one likes. */
  readonly takeDescriptor?: TakeDescriptor;
}

/** One policy with its connections; apps of the same policy do not share it. */
export class Outbound implements Disposable {
  readonly #makeConnections: () => Connections;
  #connections: Connections | null = null;
  #isOver = false;
  readonly #policy: OutboundPolicy;
  readonly #tools: OutboundTools;
  readonly #resolve: Resolve;

  constructor(policy: OutboundPolicy, options: OutboundOptions = {}) {
    const { tools = SYSTEM_TOOLS, maxConnections: max = DEFAULT_MAX_CONNECTIONS, takeDescriptor = () => () => {} } =
      options;
    this.#policy = policy;
    this.#tools = tools;
    this.#resolve = boundedResolve(tools.resolve);
    this.#makeConnections = () => new Connections(this.#lookup, { max, takeDescriptor });
  }

  /**
   * Made for the first; each goes to an address that was just checked.
   * @throws {TypeError} after the end, for what has waited for undici until then
   */
  get connections(): Connections {
    if (this.#isOver) throw new TypeError("Cannot connect: the app that asked has ended");
    return this.#connections ??= this.#makeConnections();
  }

  /**
   * Checks what can be told from a URL alone; names are checked again when they are resolved.
   * @throws {OutboundRefused} naming the policy
   */
  check(url: URL): void {
    const secure = url.protocol === "https:" || url.protocol === "wss:";
    this.checkHost(url.hostname, url.port === "" ? (secure ? 443 : 80) : Number(url.port));
  }

  /**
   * The same for a host as URL writes it. @param port null where no connection is meant, but the name alone
   * @throws {OutboundRefused} naming the policy
   */
  checkHost(hostname: string, port: number | null): void {
    const policy = this.#policy;
    if (policy === "none") throw refusal(hostname, 'the policy "none" allows no connection');
    if (policy !== "any" && policy !== "public") {
      if (!isListed(hostname, policy)) throw refusal(hostname, "it is not in the app's list of hosts");
      if (port === null || namesPort(hostname, port, policy)) return;
      throw refusal(hostname, `its port ${port} is not in the app's list of hosts`);
    }
    if (port === MAIL_PORT) {
      throw refusal(hostname, `port ${MAIL_PORT} takes mail from anybody; only a list that names it allows it`);
    }
    if (policy === "any") return;
    if (isAddress(hostname) && !this.#tools.isPublic(hostname)) {
      throw refusal(hostname, 'the policy "public" allows no private, loopback or reserved address');
    }
  }

  /** Addresses of a name that may be connected to. @throws {OutboundRefused} when there is none */
  addressesOf(hostname: string): Promise<readonly { readonly address: string; readonly family: number }[]> {
    return new Promise((resolve, reject) => {
      this.#lookup(hostname, { all: true }, (error, addresses) => {
        if (error === null) resolve(addresses as { address: string; family: number }[]);
        else reject(error);
      });
    });
  }

  /** Called for every connection to a name, so that an answer that changes meanwhile gains nothing. */
  readonly #lookup: Lookup = (hostname, options, done) => {
    const { isPublic } = this.#tools;
    this.#resolve(hostname, (error, addresses) => {
      if (error !== null) return done(error, undefined);
      const allowed = this.#policy === "public" ? addresses.filter(({ address }) => isPublic(address)) : addresses;
      const [first] = allowed;
      if (first === undefined) {
        if (addresses.length === 0) {
          const error = refusal(hostname, "it has no address");
          return done(Object.assign(error, { code: "ENOTFOUND" }), undefined);
        }
        const why = 'it resolves to a private, loopback or reserved address, which the policy "public" forbids';
        return done(refusal(hostname, why), undefined);
      }
      if (options.all === true) done(null, allowed);
      else done(null, first.address, first.family);
    });
  };

  /** Ends every connection. */
  [Symbol.dispose](): void {
    this.#isOver = true;
    this.#connections?.[Symbol.dispose]();
  }
}

function refusal(hostname: string, why: string): OutboundRefused {
  return new OutboundRefused(`Cannot connect to "${hostname}": ${why}`);
}
