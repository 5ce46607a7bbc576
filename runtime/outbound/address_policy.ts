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

/** Where mail servers take mail from anybody: an app that could reach it would be used to send what nobody wants. */
export const MAIL_PORT = 25;

/** Whether a list of hosts and `*.` patterns names a host, with whatever port. */
export function isListed(host: string, entries: readonly string[]): boolean {
  return entries.some((entry) => namesHost(splitEntry(entry).pattern, host));
}

/** Whether a list names a host with this port, or without one and so with any but that of mail. */
export function namesPort(host: string, port: number, entries: readonly string[]): boolean {
  return entries.map(splitEntry).some((entry) =>
    namesHost(entry.pattern, host) && (entry.port === null ? port !== MAIL_PORT : entry.port === port)
  );
}

function namesHost(pattern: string, host: string): boolean {
  const name = host.toLowerCase().replace(/\.$/, "");
  return pattern.startsWith("*.")
    ? name.endsWith(pattern.slice(1)) && name.length > pattern.length - 1
    : name === pattern;
}

/** IPv6 addresses stand in brackets in a list. */
function splitEntry(entry: string): { readonly pattern: string; readonly port: number | null } {
  const port = /:(\d+)$/.exec(entry)?.[1];
  return port === undefined
    ? { pattern: entry, port: null }
    : { pattern: entry.slice(0, -port.length - 1), port: Number(port) };
}
