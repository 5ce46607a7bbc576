/** The few variables of NANO's own environment that a child process may see. */

/** Where programs are, and how the operator has set up the machine's way out. None of them is a secret of an app's. */
const ALLOWED: readonly string[] = [
  "PATH",
  "TMPDIR",
  ...["SSL_CERT_FILE", "SSL_CERT_DIR", "NODE_EXTRA_CA_CERTS", "DENO_CERT", "DENO_TLS_CA_STORE"],
  ...["HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy"],
];

/** Those that are set, by name. */
export function childEnvironment(): Record<string, string> {
  const set = ALLOWED.map((name) => [name, Deno.env.get(name)] as const);
  return Object.fromEntries(set.filter((entry): entry is readonly [string, string] => entry[1] !== undefined));
}
