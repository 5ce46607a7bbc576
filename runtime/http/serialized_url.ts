/** The URL of a request as the Fetch standard has it: parsed and serialized, so that all who look see one path. */

/**
 * What a parser would leave as it is, which nearly all requests are: a small name as host, no default port, no dot
 * segment (plain or as %2e), nothing to encode (URL Standard, path and query percent-encode sets).
 */
const SERIALIZED =
  /^https?:\/\/(?!xn--)(?:[a-z0-9-]+\.(?!xn--))*[a-z][a-z0-9-]*(?::(?!(?:80|443)\/)[1-9]\d{0,3})?(?:\/(?!\.|%2[eE])[\w~!$&()*+,;=:@|[\]%.-]*)+(?:\?[\w~!$&()*+,;=:@|[\]%.\/?-]*)?$/;

/**
 * Resolves dot segments and backslashes, drops the default port, writes the host small and encodes what must be: a guard
 * that looks at the text and a router that parses it see the same path.
 *
 * @param url absolute, as Deno.serve has it from the request line and the Host header
 */
export function serializedUrl(url: string): string {
  if (SERIALIZED.test(url)) return url;
  // What is no URL has no valid host either and is refused for that
  return URL.parse(url)?.href ?? url;
}
