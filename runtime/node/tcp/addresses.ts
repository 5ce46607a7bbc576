/** Which texts are addresses, and who finds those of names. */

/** `dns.lookup` of NANO: the host is asked by name all the same, as a list of hosts has names. */
export const ownLookups: WeakSet<object> = new WeakSet();

const V4_PART = "(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])";
const V4 = new RegExp(`^${V4_PART}(?:\\.${V4_PART}){3}$`);

export function isIPv4(text: unknown): boolean {
  return V4.test(String(text));
}

export function isIPv6(text: unknown): boolean {
  const [address = "", zone, ...more] = String(text).split("%");
  if (!address.includes(":") || more.length > 0 || zone === "" || !/^[0-9a-fA-F:.]+$/.test(address)) return false;
  return URL.canParse(`http://[${address}]/`);
}

export function isIP(text: unknown): 0 | 4 | 6 {
  return isIPv4(text) ? 4 : isIPv6(text) ? 6 : 0;
}
