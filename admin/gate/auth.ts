/** Decides who may speak to the admin API: by Host, by Origin, by bearer token. */
import type { Buffer } from "node:buffer";
import { createHash, timingSafeEqual } from "node:crypto";
import { isIP } from "node:net";
import type { MiddlewareHandler } from "hono";
import { NanoError } from "../../runtime/mod.ts";
import type { FailedAttempts } from "./failed_attempts.ts";
import { HttpError } from "./http_error.ts";

/** Names under which everybody reaches the own machine. */
const LOCAL_HOSTS = ["localhost", "127.0.0.1", "[::1]"] as const;

/** Listening on these means every address of the machine. */
const WILDCARD_HOSTS: ReadonlySet<string> = new Set(["0.0.0.0", "[::]"]);

/**
 * Refuses a Host that is not the listener's: a page that rebinds its own DNS name to this machine still sends that name.
 *
 * The port does not matter. A listener on all addresses also takes any IP address as Host (probes of Kubernetes send
 * the pod's), which is safe: rebinding needs a name.
 *
 * @param hostnames names or addresses the listener is reached by, beside those of the own machine
 */
export function checkHostHeader(hostnames: readonly string[]): MiddlewareHandler {
  const allowed = new Set<string>([...LOCAL_HOSTS, ...hostnames.map(canonicalHost)]);
  const anyAddress = [...WILDCARD_HOSTS].some((host) => allowed.has(host));
  return async (context, next) => {
    const written = context.req.header("host");
    const host = hostnameOf(written ?? new URL(context.req.url).host);
    if (host === null || !(allowed.has(host) || (anyAddress && isAddress(host)))) {
      throw new NanoError("FORBIDDEN", `Cannot serve host "${written ?? ""}": it is not a name of the admin listener`);
    }
    await next();
  };
}

/** Refuses requests that a page of another origin makes; a client that is no browser sends no Origin. */
export function checkOrigin(): MiddlewareHandler {
  return async (context, next) => {
    const origin = context.req.header("origin");
    if (origin !== undefined) {
      const host = context.req.header("host") ?? new URL(context.req.url).host;
      const same = URL.canParse(origin) && authorityOf(new URL(origin).host) === authorityOf(host);
      if (!same) {
        throw new NanoError("FORBIDDEN", `Cannot serve origin "${origin}": it is not the admin listener's own`);
      }
    }
    await next();
  };
}

/** Tells whether a request has the bearer token, and counts those that have a wrong one. */
export class TokenCheck {
  readonly #expected: Uint8Array;
  readonly #failed: FailedAttempts;

  constructor(token: string, failed: FailedAttempts) {
    this.#expected = digest(token);
    this.#failed = failed;
  }

  /**
   * Returns when the token is right.
   *
   * @param authorization value of the header
   * @param peer address of the client
   * @throws {NanoError} UNAUTHORIZED; TOO_MANY_ATTEMPTS after too many wrong tokens from that address
   */
  check(authorization: string | undefined, peer: string): void {
    const match = /^bearer +([^ ]+) *$/i.exec(authorization ?? "");
    const given = digest(match?.[1] ?? authorization ?? "");
    // Digests have one length, so the comparison tells neither the token's length nor how far a guess is right.
    if (match !== null && timingSafeEqual(given, this.#expected)) return;
    // Who sends nothing guesses nothing.
    if (authorization === undefined) {
      throw new NanoError(
        "UNAUTHORIZED",
        'The header "Authorization: Bearer <token>" is missing; "nano token" shows the token',
      );
    }
    const seconds = this.#failed.add(peer, given.toString("base64"));
    if (seconds > 0) {
      throw new HttpError("TOO_MANY_ATTEMPTS", `Too many wrong tokens from ${peer}: try again in ${seconds} s`, {
        headers: { "retry-after": String(seconds) },
      });
    }
    throw new NanoError("UNAUTHORIZED", 'The token is wrong; "nano token" shows the right one');
  }
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}

/** Lower case, without a trailing dot, IPv6 addresses in brackets. */
function canonicalHost(host: string): string {
  const plain = host.toLowerCase().replace(/\.$/, "");
  return isIP(plain) === 6 ? `[${plain}]` : plain;
}

/** The host of a Host header without its port, or null when it is none. */
function hostnameOf(header: string): string | null {
  const match = /^(\[[0-9a-f:.]+\]|[^:@/?#\s\\[\]]+)(?::\d{0,5})?$/i.exec(header);
  return match === null ? null : canonicalHost(match[1]!);
}

function isAddress(host: string): boolean {
  return isIP(host.replace(/^\[(.*)\]$/, "$1")) !== 0;
}

/** Host and port in one spelling; the default port may be written or not. */
function authorityOf(host: string): string | null {
  return URL.canParse(`http://${host}`) ? new URL(`http://${host}`).host : null;
}
