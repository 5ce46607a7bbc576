/** Host names in one comparable form: lower case, punycode, no port, no trailing dot, IPv6 in brackets. */
import { isIPv6 } from "node:net";
import { domainToASCII } from "node:url";

/** RFC 1035 limits, in characters. */
const MAX_NAME_LENGTH = 253;
// Underscores are no host names by the book, but resolvers and browsers take them, so an app may be reached by one.
const LABEL = /^[a-z0-9_][a-z0-9_-]{0,62}$/;
const PORT = /:[0-9]{1,5}$/;

/**
 * Brings a host as a client or an operator writes it into the form in which hosts are compared.
 *
 * @returns the host without port and trailing dot, or null when it is no host
 * @example
 * ```ts
 * import { normalizeHostname } from "./hostnames.ts";
 * normalizeHostname("Example.COM.:8080"); // "example.com"
 * normalizeHostname("[::1]:80"); // "[::1]"
 * ```
 */
export function normalizeHostname(text: string): string | null {
  if (isIPv6(text)) return bracketed(text);
  if (text.startsWith("[")) {
    const end = text.indexOf("]");
    const rest = text.slice(end + 1);
    if (end < 0 || (rest !== "" && !/^:[0-9]{1,5}$/.test(rest))) return null;
    return bracketed(text.slice(1, end));
  }
  const bare = text.replace(PORT, "").replace(/\.$/, "");
  const name = isAscii(bare) ? bare.toLowerCase() : domainToASCII(bare);
  if (name === "" || name.length > MAX_NAME_LENGTH) return null;
  return name.split(".").every((label) => LABEL.test(label)) ? name : null;
}

/**
 * As {@linkcode normalizeHostname}, but `*.` may stand for one or more labels in front.
 *
 * @returns the pattern, or null when it is none
 */
export function normalizeHostPattern(text: string): string | null {
  if (!text.startsWith("*.")) return normalizeHostname(text);
  const base = normalizeHostname(text.slice(2));
  return base === null || base.startsWith("[") || /^[0-9.]+$/.test(base) ? null : `*.${base}`;
}

/**
 * As {@linkcode normalizeHostPattern}, for a host that a connection may lead to: with a port where one is written.
 *
 * @returns the pattern with its port, or null when it is none
 */
export function normalizeOutbound(text: string): string | null {
  const pattern = normalizeHostPattern(text);
  if (pattern === null || !hasPort(text)) return pattern;
  const port = Number(text.slice(text.lastIndexOf(":") + 1));
  return port >= 1 && port <= 65_535 ? `${pattern}:${port}` : null;
}

/** Whether a host is written with a port, which some keys take and others refuse. */
export function hasPort(text: string): boolean {
  return !isIPv6(text) && PORT.test(text);
}

function bracketed(address: string): string | null {
  // A zone ("%eth0") names an interface of one machine and never stands in a Host header.
  if (!isIPv6(address) || address.includes("%")) return null;
  // URL writes an IPv6 address in its canonical short form (RFC 5952).
  return new URL(`http://[${address}]/`).hostname;
}

function isAscii(text: string): boolean {
  // deno-lint-ignore no-control-regex
  return /^[\x00-\x7f]*$/.test(text);
}
