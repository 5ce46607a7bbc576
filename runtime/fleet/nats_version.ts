/** Which NATS servers are known to lose what they have acknowledged. */

/**
 * Why a server is not taken, or `null` when it is. 2.9 never syncs its files, and 2.10 to 2.12.6 have lost acknowledged
 * writes after kills and cuts of power, as Jepsen's tests of 2.12.1 and our own kills of servers show.
 */
export function oldServer(version: string): string | null {
  const parts = /^v?(\d+)\.(\d+)\.(\d+)/.exec(version)?.slice(1).map(Number);
  const [major, minor, patch] = parts ?? [0, 0, 0];
  const isNew = major! > 2 || (major === 2 && (
    minor! > 12 || (minor === 12 && patch! >= 7) || (minor === 11 && patch! >= 16)
  ));
  if (isNew) return null;
  return `server ${version} is known to lose acknowledged writes; 2.11.16, 2.12.7 and later are taken, and any with "fleet": { "allow_old_server": true }`;
}
