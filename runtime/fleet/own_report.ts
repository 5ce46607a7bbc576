/** What a node says of itself. */
import type { ComingFiles } from "./coming_files.ts";
import type { NodeReport } from "./fleet_store.ts";
import type { FleetTools } from "./fleet_tools.ts";
import type { Replica } from "./replica.ts";
import { appKey } from "./app_record.ts";

/** What it is made of. */
export interface OwnReportTools extends Pick<FleetTools, "config" | "host"> {
  readonly name: string;
  readonly instance: string;
  readonly at: number;
  readonly replica: Replica;
  readonly coming: ComingFiles;
}

/** The report of this moment. */
export function ownReport({ name, instance, at, config, host, replica, coming }: OwnReportTools): NodeReport {
  const { broken, ...rest } = host();
  const revisionOf = (app: string) => replica.held(appKey(app))?.revision ?? 0;
  const failed = [...replica.failures.list(), ...coming.failures(revisionOf)];
  const known = new Set(failed.map(({ app }) => app));
  return {
    ...{ name, instance, at },
    role: config.role,
    revision: replica.revision,
    state: replica.state,
    why: replica.why,
    epoch: replica.epoch,
    filesComing: coming.size,
    failed: [...failed, ...broken.filter(({ app }) => !known.has(app))],
    ...rest,
  };
}
