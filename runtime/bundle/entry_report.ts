/** Tells people where an app begins and why, without bundling it. */

import { relative } from "node:path";
import type { AppConfig, NanoConfig } from "../config/resolved_config.ts";
import { NanoError } from "../errors.ts";
import { findReach } from "./app_reach.ts";
import { findEntry } from "./find_entry.ts";
import { projectStartOf, reachOf } from "./source_of.ts";

/** Where an app begins. */
export type EntryReport =
  | {
    /** As seen from the app's folder. */
    readonly file: string;
    readonly why: string;
    /** The folder that its imports may reach, as seen from the app's own; "." for that one. */
    readonly reach: string;
  }
  | { readonly error: string };

/** Looks for the entry as a start of the app would. */
export async function entryReport(app: AppConfig, config: NanoConfig): Promise<EntryReport> {
  try {
    const { root, file, why } = await findEntry(app.path, projectStartOf(app));
    const reach = await findReach(root, reachOf(app, config));
    return { file: relative(root, file), why, reach: relative(root, reach) || "." };
  } catch (error) {
    if (error instanceof NanoError) return { error: error.message };
    throw error;
  }
}
