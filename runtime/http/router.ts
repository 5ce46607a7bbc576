/** Finds the app of a host: exact names, then the longest wildcard, then the default app. */
import type { AppTarget } from "../terms/app_call.ts";

/** An app and the hosts it claims, normalised: lower case, no port, no trailing dot. */
export interface Route {
  readonly hostnames: readonly string[];
  readonly target: AppTarget;
}

/** Host headers remembered with their answer; clients choose them, so the table is bounded. */
const REMEMBERED_HOSTS = 4096;
/** A host as RFC 3986 allows it, or an IPv6 literal, with an optional port. */
const HOST = /^(?:\[[0-9a-f:.]+\]|[a-z0-9!$&'()*+,;=._~%-]+)(?::[0-9]{0,5})?$/i;

/** The hosts of one generation; which apps claim them never changes. */
export class Router {
  readonly #exact = new Map<string, AppTarget>();
  readonly #wildcards = new Map<string, AppTarget>();
  readonly #fallback: AppTarget | null;
  readonly #remembered = new Map<string, AppTarget | null>();

  /** @param fallback gets requests whose host nobody claims */
  constructor(routes: Iterable<Route>, fallback: AppTarget | null) {
    this.#fallback = fallback;
    for (const route of routes) this.#claim(route);
  }

  /** Puts another target in the place of the one that these hosts had. */
  replace(route: Route): void {
    this.#claim(route);
    this.#remembered.clear();
  }

  #claim({ hostnames, target }: Route): void {
    for (const hostname of hostnames) {
      if (hostname.startsWith("*.")) this.#wildcards.set(hostname.slice(1), target);
      else this.#exact.set(hostname, target);
    }
  }

  /**
   * The target of a Host header.
   * @returns null when nobody claims it, undefined when it is no host at all
   */
  match(host: string): AppTarget | null | undefined {
    const known = this.#remembered.get(host);
    if (known !== undefined) return known;
    const hostname = hostnameOf(host);
    if (hostname === undefined) return undefined;
    const target = this.#find(hostname);
    if (this.#remembered.size >= REMEMBERED_HOSTS) this.#remembered.clear();
    this.#remembered.set(host, target);
    return target;
  }

  #find(hostname: string): AppTarget | null {
    const exact = this.#exact.get(hostname);
    if (exact !== undefined) return exact;
    for (let dot = hostname.indexOf(".", 1); dot >= 0; dot = hostname.indexOf(".", dot + 1)) {
      const wildcard = this.#wildcards.get(hostname.slice(dot));
      if (wildcard !== undefined) return wildcard;
    }
    return this.#fallback;
  }
}

/** The hostname of a Host header, normalised; undefined when it is malformed. */
export function hostnameOf(host: string): string | undefined {
  // An app's new URL(request.url) must not throw: ports above 65535, "[:::]", "1.2.3.999" are no hosts either.
  if (host.length > 300 || !HOST.test(host) || !URL.canParse(`http://${host}/`)) return undefined;
  const end = host.startsWith("[") ? host.indexOf("]") + 1 : host.lastIndexOf(":");
  const name = (end <= 0 ? host : host.slice(0, end)).toLowerCase();
  const hostname = name.endsWith(".") ? name.slice(0, -1) : name;
  return hostname === "" ? undefined : hostname;
}
