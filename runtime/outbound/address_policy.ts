/** Which addresses count as the public internet, and which hosts a list names. */
import ipaddr from "ipaddr.js";
import { networkInterfaces } from "node:os";

/** How long the host's own addresses are remembered, in ms: they change when a network comes or goes. */
const OWN_ADDRESSES_MS = 30_000;

let own: { readonly addresses: ReadonlySet<string>; readonly until: number } = { addresses: new Set(), until: 0 };

function ownAddresses(): ReadonlySet<string> {
  const now = performance.now();
  if (now >= own.until) {
    const all = Object.values(networkInterfaces()).flatMap((one) => one ?? []);
    own = {
      addresses: new Set(all.map(({ address }) => canonical(address) ?? address)),
      until: now + OWN_ADDRESSES_MS,
    };
  }
  return own.addresses;
}

function parse(address: string): ipaddr.IPv4 | ipaddr.IPv6 | null {
  const bare = address.startsWith("[") && address.endsWith("]") ? address.slice(1, -1) : address;
  const [withoutZone] = bare.split("%") as [string];
  if (!ipaddr.isValid(withoutZone)) return null;
  // `process` turns ::ffff:1.2.3.4 into 1.2.3.4.
  return ipaddr.process(withoutZone);
}

function canonical(address: string): string | null {
  return parse(address)?.toNormalizedString() ?? null;
}

/** Whether a text is an IP address rather than a name; brackets around IPv6 are allowed. */
export function isAddress(host: string): boolean {
  return parse(host) !== null;
}

/**
 * Whether an address lies in the public internet: no loopback, private, link-local, metadata, multicast, reserved or
 * tunnelled one, and none of the host's own.
 */
export function isPublicAddress(address: string): boolean {
  const parsed = parse(address);
  if (parsed === null || parsed.range() !== "unicast") return false;
  // Of IPv6 only global unicast is assigned (RFC 4291); everything unlisted elsewhere counts as unicast for the library.
  if (parsed instanceof ipaddr.IPv6 && (parsed.parts[0]! & 0xe000) !== 0x2000) return false;
  return !ownAddresses().has(parsed.toNormalizedString());
}

/** Whether a list of hosts and `*.` patterns names a host. */
export function isListed(host: string, patterns: readonly string[]): boolean {
  const name = host.toLowerCase().replace(/\.$/, "");
  return patterns.some((pattern) =>
    pattern.startsWith("*.") ? name.endsWith(pattern.slice(1)) && name.length > pattern.length - 1 : name === pattern
  );
}
