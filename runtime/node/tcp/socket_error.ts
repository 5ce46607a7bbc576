/** Errors of connections as Node makes them. */

/** Numbers of Linux, which packages print. */
const ERRNO: Readonly<Record<string, number>> = {
  ...{ EPERM: -1, EACCES: -13, EMFILE: -24, EPIPE: -32, ENETUNREACH: -101, ECONNABORTED: -103, ECONNRESET: -104 },
  ...{ ENOTCONN: -107, ETIMEDOUT: -110, ECONNREFUSED: -111, EHOSTUNREACH: -113, ENOTFOUND: -3008, EAI_AGAIN: -3001 },
};

/** Adds to an error what Node has on it. */
export function socketError(
  error: Error & { code?: string },
  syscall: "connect" | "read" | "write",
  { host, port }: { readonly host?: string | undefined; readonly port?: number | undefined } = {},
): Error {
  const { code = "ECONNRESET", message } = error;
  const isName = code === "ENOTFOUND" || code === "EAI_AGAIN";
  const address = /(\S+):\d+$/.exec(message)?.[1];
  const text = message.includes(code) || syscall === "connect" ? message : `${syscall} ${code}`;
  const made = Object.assign(new Error(text), { errno: ERRNO[code], code, syscall: isName ? "getaddrinfo" : syscall });
  if (syscall !== "connect") return made;
  return Object.assign(made, isName ? { hostname: host } : { address: address ?? host, port });
}
