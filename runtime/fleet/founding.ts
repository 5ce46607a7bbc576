/** What a node that is alone gives to the fleet that it founds. */
import type { HeldRecord } from "../store/fleet_rows.ts";
import type { StateStore } from "../store/state_store.ts";
import { appKey, NO_RECORD, readRecord, RECORD_FORMAT, versionNumberOf } from "./app_record.ts";
import type { VersionFiles } from "./version_files.ts";

/**
 * Records of what is kept and no fleet knows. Those of a fleet that this node still is of go as they are.
 * @param apps names
 */
export async function recordsToFound(
  apps: readonly string[],
  { state, files }: { readonly state: StateStore; readonly files: VersionFiles },
): Promise<Omit<HeldRecord, "revision" | "why">[]> {
  const rows = new Map(state.keptApps().map((row) => [row.name, row]));
  const found: Omit<HeldRecord, "revision" | "why">[] = [];
  const isOfFleet = state.fleet.mark().epoch !== null;
  for (const app of apps) {
    const held = state.fleet.record(appKey(app));
    if (held !== null && isOfFleet) continue;
    const versions = [];
    for (const { app: _app, ...one } of state.versions(app)) {
      const plain = files.isPlain(app, one.version);
      versions.push({ ...one, digest: await files.pack(app, one.version), ...plain === null ? {} : { plain } });
    }
    const { name: _name, ...row } = rows.get(app) ?? { name: app };
    const before = readRecord(held);
    const last = Math.max(
      "record" in before ? before.record.last : 0,
      ...versions.map((one) => versionNumberOf(one.version)),
    );
    const value = JSON.stringify({ ...NO_RECORD, last, row: rows.has(app) ? row : null, versions });
    found.push({ key: appKey(app), changeId: crypto.randomUUID(), format: RECORD_FORMAT, value });
  }
  return found;
}
