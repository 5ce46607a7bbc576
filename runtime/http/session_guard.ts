/** Keeps apps away from the dashboard's session: cookies do not know ports, so both may share a host. */

/**
 * A cookie of the dashboard's name, see admin/gate/session.ts. Browsers trim the name, and send one without a name as its
 * value alone, so that `=nano_session=x` comes back as `nano_session=x`; case is ignored for clients that do so.
 */
const SESSION_COOKIE = /^[\s=]*nano_session\s*(?:[=;]|$)/i;

/** Hosts by which a machine is reached without a domain of its own: there apps and the dashboard share their cookies. */
const SHARED_HOST = /^https?:\/\/(?:localhost\.?|\d+(?:\.\d+){3}|\[[^\]]*\])(?:[:/?#]|$)/i;

/** Whether an app's header would set or clear the dashboard's session. */
export function plantsSession(name: string, value: string): boolean {
  return name.length === 10 && SESSION_COOKIE.test(value) && name.toLowerCase() === "set-cookie";
}

/**
 * Whether an app's header would clear all cookies of its host.
 * @see https://www.w3.org/TR/clear-site-data/
 */
export function clearsCookies(name: string, value: string): boolean {
  return name.length === 15 && name.toLowerCase() === "clear-site-data" && /cookies|\*/i.test(value);
}

/** Whether the dashboard may have the host of this URL as well. */
export function isSharedHost(url: string): boolean {
  return SHARED_HOST.test(url);
}
