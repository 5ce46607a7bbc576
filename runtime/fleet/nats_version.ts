/** What NATS servers can and cannot do, by their versions. */

/**
 * Why a server is not taken, or `null` when it is. 2.9 never syncs its files, and 2.10 to 2.12.6 have lost acknowledged
 * writes after kills and cuts of power, as Jepsen's tests of 2.12.1 and our own kills of servers show.
 */
export function oldServer(version: string): string | null {
  const [major, minor, patch] = partsOf(version);
  const isNew = major > 2 || (major === 2 && (
    minor > 12 || (minor === 12 && patch >= 7) || (minor === 11 && patch >= 16)
  ));
  if (isNew) return null;
  return `server ${version} is known to lose acknowledged writes; 2.11.16, 2.12.7 and later are taken, and any with "fleet": { "allow_old_server": true }`;
}

/** Whether messages may say how long they are kept, which came with 2.11. */
export function forgetsMessages(version: string): boolean {
  const [major, minor] = partsOf(version);
  return major > 2 || (major === 2 && minor >= 11);
}

function partsOf(version: string): [major: number, minor: number, patch: number] {
  const parts = /^v?(\d+)\.(\d+)\.(\d+)/.exec(version)?.slice(1).map(Number);
  return (parts ?? [0, 0, 0]) as [number, number, number];
}
