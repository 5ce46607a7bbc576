/** What a reload changed, or would change, for people. */
import type { ReloadView } from "../../schemas/host_schemas.ts";

/** @param dryRun whether it only would change that */
export function reloadLines(summary: ReloadView, dryRun: boolean): readonly string[] {
  const kinds = ["added", "removed", "changed"] as const;
  const total = kinds.reduce((sum, kind) => sum + summary[kind].length, 0);
  const kept = `${summary.unchanged.length} unchanged`;
  if (total === 0) return [`${dryRun ? "A reload would change nothing" : "Nothing has changed"} (${kept})`];
  return [
    `${dryRun ? "A reload would change" : "Changed"} ${total} ${total === 1 ? "app" : "apps"} (${kept}):`,
    ...kinds.flatMap((kind) => summary[kind].map((app) => `  ${kind.padEnd(7)}  ${app}`)),
  ];
}
