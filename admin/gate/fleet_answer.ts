/** A fleet as the admin API writes it. */
import type { FleetView } from "../../runtime/mod.ts";
import type { FleetAnswer } from "../schemas/fleet_schemas.ts";
import { isoTime } from "./app_view.ts";

/** In the spelling of JSON documents. */
export function fleetAnswer({ nodes, isComplete, ...fleet }: FleetView): FleetAnswer {
  return {
    ...fleet,
    complete: isComplete,
    nodes: nodes.map((
      { isSelf, startedAt, appsUp, filesComing, memoryBytes, lagMs, clockSkewMs, failed, drift, ...node },
    ) => ({
      ...node,
      self: isSelf,
      started_at: isoTime(startedAt),
      apps_up: appsUp,
      files_coming: filesComing,
      lag_seconds: lagMs / 1000,
      clock_skew_seconds: clockSkewMs === null ? null : clockSkewMs / 1000,
      memory_bytes: memoryBytes,
      failed: failed.map((one) => ({ ...one })),
      drift: [...drift],
    })),
  };
}
