/** Who the client is: the peer, or what a trusted proxy says of it. */
import { BlockList, isIP } from "node:net";

/** What is known of a request's client and of the address it asked for. */
export interface ClientAddress {
  /** Address of the client. */
  readonly hostname: string;
  /** Scheme the client used, or null when no trusted proxy names it. */
  readonly scheme: "http" | "https" | null;
  /** Host the client asked for, or null when no trusted proxy names it. */
  readonly host: string | null;
  /** The chain for `x-forwarded-for`. */
  readonly chain: string;
}

/** What a proxy may have said. */
export interface ForwardedHeaders {
  readonly for: string | null;
  readonly proto: string | null;
  readonly host: string | null;
}

/** Tells trusted proxies from everybody else. */
export class TrustedProxies {
  readonly #list = new BlockList();
  readonly #any: boolean;

  /** @param ranges CIDRs or single addresses, already validated */
  constructor(ranges: readonly string[]) {
    this.#any = ranges.length > 0;
    for (const range of ranges) {
      const [address, bits] = range.split("/") as [string, string | undefined];
      const family = isIP(address) === 6 ? "ipv6" : "ipv4";
      if (bits === undefined) this.#list.addAddress(address, family);
      else this.#list.addSubnet(address, Number(bits), family);
    }
  }

  /** Whether an address may speak for others. */
  trusts(address: string): boolean {
    if (!this.#any) return false;
    const plain = address.startsWith("::ffff:") && address.includes(".") ? address.slice(7) : address;
    const family = isIP(plain);
    return family !== 0 && this.#list.check(plain, family === 6 ? "ipv6" : "ipv4");
  }

  /** The client of a request that a trusted peer passed on: the last address in the chain that is no proxy of ours. */
  resolve(peer: string, forwarded: ForwardedHeaders): ClientAddress {
    const said = (forwarded.for ?? "").split(",").map(addressOf);
    // Behind a hop that names no address nobody can be believed: the client may have written all of that itself.
    const hops = said.slice(said.lastIndexOf(null) + 1) as string[];
    let hostname = peer;
    for (let at = hops.length - 1; at >= 0 && this.trusts(hostname); at--) hostname = hops[at]!;
    const proto = (forwarded.proto ?? "").split(",")[0]!.trim().toLowerCase();
    return {
      hostname,
      scheme: proto === "http" || proto === "https" ? proto : null,
      host: forwarded.host === null || forwarded.host === "" ? null : forwarded.host.split(",")[0]!.trim(),
      chain: [...hops, peer].join(", "),
    };
  }
}

/** Address of a hop, which some proxies write with its port; null when it names none. */
function addressOf(hop: string): string | null {
  const text = hop.trim();
  if (isIP(text) !== 0) return text;
  const address = /^\[([^\]]+)\](?::\d+)?$/.exec(text)?.[1] ?? /^([^:]+):\d+$/.exec(text)?.[1] ?? "";
  return isIP(address) === 0 ? null : address;
}
