/** A stand-in for `jsr:@std/http/cookie`: values travel as they are, without percent encoding, as in the original. */

/** A cookie as a server sets it. */
export interface Cookie {
  name: string;
  value: string;
  /** A date, or milliseconds since the epoch. */
  expires?: Date | number;
  /** Seconds. */
  maxAge?: number;
  domain?: string;
  path?: string;
  secure?: boolean;
  httpOnly?: boolean;
  sameSite?: "Strict" | "Lax" | "None";
}

// RFC 6265, section 4.1.1: cookie-name is a token, cookie-value is cookie-octets, av is free of controls and ";"
const NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const VALUE = /^[\x21\x23-\x2B\x2D-\x3A\x3C-\x5B\x5D-\x7E]*$/;
const ATTRIBUTE = /^[\x20-\x3A\x3C-\x7E]*$/;

/** The cookies of a request's `Cookie` header, by name. */
export function getCookies(headers: Headers): Record<string, string> {
  const pairs = (headers.get("cookie") ?? "").split(";").filter((pair) => pair.includes("="));
  return Object.fromEntries(pairs.map((pair) => {
    const at = pair.indexOf("=");
    return [pair.slice(0, at).trim(), pair.slice(at + 1).trim()];
  }));
}

/**
 * Appends a `Set-Cookie` header; the name prefixes `__Secure-` and `__Host-` bring the attributes they demand.
 * @throws TypeError when the name, the value or an attribute holds a character that would break the header
 */
export function setCookie(headers: Headers, cookie: Cookie): void {
  const isHost = cookie.name.startsWith("__Host-");
  const domain = isHost ? undefined : cookie.domain;
  const path = isHost ? "/" : cookie.path;
  if (!NAME.test(cookie.name)) throw new TypeError(`Invalid cookie name: ${JSON.stringify(cookie.name)}`);
  if (!VALUE.test(cookie.value)) throw new TypeError(`Invalid value of cookie "${cookie.name}"`);
  for (const attribute of [domain, path]) {
    if (attribute !== undefined && !ATTRIBUTE.test(attribute)) {
      throw new TypeError(`Invalid attribute of cookie "${cookie.name}": ${JSON.stringify(attribute)}`);
    }
  }
  const parts = [`${cookie.name}=${cookie.value}`];
  if (cookie.secure || isHost || cookie.name.startsWith("__Secure-")) parts.push("Secure");
  if (cookie.httpOnly) parts.push("HttpOnly");
  if (cookie.maxAge !== undefined) parts.push(`Max-Age=${Math.trunc(cookie.maxAge)}`);
  if (domain) parts.push(`Domain=${domain}`);
  if (cookie.sameSite) parts.push(`SameSite=${cookie.sameSite}`);
  if (path) parts.push(`Path=${path}`);
  if (cookie.expires !== undefined) parts.push(`Expires=${new Date(cookie.expires).toUTCString()}`);
  headers.append("set-cookie", parts.join("; "));
}

/** Appends a `Set-Cookie` header that makes the client forget the cookie. */
export function deleteCookie(
  headers: Headers,
  name: string,
  attributes: Pick<Cookie, "path" | "domain" | "secure" | "httpOnly"> = {},
): void {
  setCookie(headers, { ...attributes, name, value: "", expires: new Date(0) });
}
