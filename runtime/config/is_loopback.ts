/** Which hosts are this machine. */
import { isIP } from "node:net";

/** Whether a host is this machine whatever its name service says. @param host as in a URL */
export function isLoopback(host: string): boolean {
  const bare = host.replace(/^\[(.*)\]$/, "$1");
  return bare === "localhost" || bare === "::1" || (isIP(bare) === 4 && bare.startsWith("127."));
}
