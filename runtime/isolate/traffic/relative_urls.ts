/** Relative URLs have no base in an isolate: Deno would take the isolate's own module, and show all of it in the error. */

import { bare } from "../../protocol/bare.ts";
import {
  apply,
  NativeTypeError,
  NativeURL,
  regExpExec,
  stringStartsWith,
  urlHash,
  urlOrigin,
  urlPathname,
  urlSearch,
} from "../../protocol/primordials.ts";
import { makeRequest } from "../bodies/body_sources.ts";

const { parse: parseUrl } = URL;
const BASED = /^(Invalid URL: .*?) with base 'data:/s;
const ORIGIN = "http://relative.invalid";

type Constructor = new (...given: unknown[]) => object;

/** Makes a call whose error shall name the URL alone. */
export function withoutBase<Result>(call: () => Result): Result {
  try {
    return call();
  } catch (error) {
    const shown = error instanceof NativeTypeError ? regExpExec(BASED, error.message)?.[1] : undefined;
    throw shown === undefined ? error : new NativeTypeError(shown);
  }
}

/** The path, query and fragment of a URL that begins with its path, as they go into a Location; else null. */
export function locationPath(url: string): string | null {
  if (!stringStartsWith(url, "/")) return null;
  const parsed = apply(parseUrl, NativeURL, [url, ORIGIN]) as URL | null;
  return parsed !== null && urlOrigin(parsed) === ORIGIN
    ? urlPathname(parsed) + urlSearch(parsed) + urlHash(parsed)
    : null;
}

/** Gives an app a Request whose errors name the URL alone. @boot */
export function installRequest(): void {
  const Native = Request as unknown as Constructor;
  const handler: ProxyHandler<Constructor> = {
    construct: (target, given, newTarget) =>
      withoutBase(() => makeRequest(given, (newTarget === Own ? target : newTarget) as Constructor)),
  };
  const Own: Constructor = new Proxy(Native, bare(handler));
  Object.defineProperty(Native.prototype, "constructor", {
    value: Own,
    writable: true,
    configurable: true,
    enumerable: false,
  });
  globalThis.Request = Own as unknown as typeof Request;
}
