/** A strict check of address ranges such as 10.0.0.0/8 and fd00::/8. */
import { isIP } from "node:net";

/**
 * Checks a range and writes a single address as a range of its own.
 *
 * @returns `address/prefix`, or null when the text is no range
 * @example
 * ```ts
 * import { normalizeCidr } from "./cidr.ts";
 * normalizeCidr("10.0.0.1"); // "10.0.0.1/32"
 * normalizeCidr("10.0.0.0/33"); // null
 * ```
 */
export function normalizeCidr(text: string): string | null {
  const slash = text.indexOf("/");
  const address = slash < 0 ? text : text.slice(0, slash);
  const version = isIP(address);
  if (version === 0 || address.includes("%")) return null;
  const bits = version === 4 ? 32 : 128;
  if (slash < 0) return `${address.toLowerCase()}/${bits}`;
  const prefix = text.slice(slash + 1);
  if (!/^(0|[1-9][0-9]{0,2})$/.test(prefix) || Number(prefix) > bits) return null;
  return `${address.toLowerCase()}/${prefix}`;
}
