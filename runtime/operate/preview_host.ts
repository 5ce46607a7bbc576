/** Names the host of a version's preview. */
import { versionAppName } from "../config/layers.ts";
import { NanoError } from "../errors.ts";

/** Longest label of a host name (RFC 1035, 2.3.4). */
const MAX_LABEL = 63;
/** Where an app without a domain of its own is previewed: browsers take every name below it for the own machine. */
const LOCAL_SUFFIX = "localhost";
/** Top-level names that nobody owns (RFC 6761, RFC 6762, and ICANN's reservation of `internal`). */
const PRIVATE: ReadonlySet<string> = new Set([LOCAL_SUFFIX, "test", "local", "internal"]);

/**
 * `<version>--<app>.<suffix>`.
 *
 * @param hostnames of the app, the first one says where it lives: `shop.example.com`, `*.example.com` and `example.com`
 *   itself mean example.com; a name directly below a domain for private use, as `shop.localhost`, means that domain
 * @param suffix another one, or null
 * @throws {NanoError} USAGE when the first label would be too long for a host name
 */
export function previewHost(
  app: string,
  version: string,
  { hostnames, suffix }: { hostnames: readonly string[]; suffix: string | null },
): string {
  const label = versionAppName(app, version);
  if (label.length > MAX_LABEL) {
    throw new NanoError("USAGE", `Cannot preview "${label}": a label of a host has at most ${MAX_LABEL} characters`);
  }
  return `${label}.${suffix ?? suffixOf(hostnames[0] ?? LOCAL_SUFFIX)}`;
}

function suffixOf(hostname: string): string {
  const dot = hostname.indexOf(".");
  if (dot === -1 || /^[0-9.]+$|^\[/.test(hostname)) return LOCAL_SUFFIX;
  const parent = hostname.slice(dot + 1);
  // What is below "com" belongs to somebody else.
  return parent.includes(".") || PRIVATE.has(parent) ? parent : hostname;
}
