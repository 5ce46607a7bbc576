/** The environment of a wrangler file that a deploy names. */
import type { WrittenEntry } from "../config/layers.ts";
import { mergePatch } from "../config/merge_patch.ts";
import { NanoError } from "../errors.ts";
import type { DeployRequest } from "../terms/operations.ts";
import type { ChangeDesk } from "./change_desk.ts";

/**
 * Whoever names an environment means its variables and bindings, which an app that is there has by its own key.
 * @throws {NanoError} NOT_FOUND, CONFLICT
 */
export function refuseOtherEnvironment(desk: ChangeDesk, app: string, create: DeployRequest["create"]): void {
  const source = desk.ownSource(app, "deploy to");
  const named = create?.keys?.["wrangler"];
  if (typeof named !== "string") return;
  const { entry, patch } = desk.row(app);
  const written = mergePatch(source.from === "file" ? source.entry : entry, patch ?? {}) as WrittenEntry;
  if (written["wrangler"] === named) return;
  throw new NanoError(
    "CONFLICT",
    `Cannot deploy environment "${named}" to app "${app}": its key "wrangler" is ` +
      `${JSON.stringify(written["wrangler"] ?? true)}; set that to "${named}", or deploy to an app of another name`,
  );
}
