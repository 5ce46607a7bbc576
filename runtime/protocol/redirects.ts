/** What a redirect takes along (https://fetch.spec.whatwg.org/#concept-http-redirect-fetch), on both sides of the wall. */

/** Most redirects of one request. */
export const MAX_REDIRECTS = 20;
/** Whether a status leads to a Location. */
export function isRedirect(status: number): boolean {
  return status === 301 || status === 302 || status === 303 || status === 307 || status === 308;
}
/** Headers that must not follow a redirect to another origin, in lower case. */
export const CREDENTIAL_HEADERS: readonly string[] = ["authorization", "cookie", "proxy-authorization", "host"];
/** Headers that describe a body which a redirect drops, in lower case. */
export const BODY_HEADERS: readonly string[] = [
  "content-encoding",
  "content-language",
  "content-location",
  "content-type",
  "content-length",
];

/** Whether a redirect turns a request into a GET without a body. */
export function dropsBody(status: number, method: string): boolean {
  return status === 303 ? method !== "GET" && method !== "HEAD" : status < 303 && method === "POST";
}
