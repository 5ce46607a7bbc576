/** Tells people where an app begins and why, without bundling it. */

import { basename, relative } from "node:path";
import type { AppConfig, NanoConfig } from "../config/resolved_config.ts";
import { NanoError } from "../errors.ts";
import { checkCompat } from "./app_entry.ts";
import { findReach } from "./app_reach.ts";
import { findEntry } from "./find_entry.ts";
import { projectStartOf, reachOf } from "./source_of.ts";

/** Where an app begins. */
export type EntryReport =
  | {
    /** As seen from the app's folder. */
    readonly file: string;
    readonly why: string;
    /** Absolute path of the folder of static files that the app consists of, or null when it has code. */
    readonly site: string | null;
    /** The folder that its imports may reach, as seen from the app's own; "." for that one. */
    readonly reach: string;
  }
  | { readonly error: string };

/** Looks for the entry as a start of the app would. */
export async function entryReport(app: AppConfig, config: NanoConfig): Promise<EntryReport> {
  try {
    const entry = await findEntry(app.path, projectStartOf(app));
    checkCompat(entry, app.compat);
    const { kind, root, file, why } = entry;
    const reach = await findReach(root, reachOf(app, config));
    // As seen from "path": a site may lie in a folder below it.
    const from = kind === "static" ? await Deno.realPath(app.path) : root;
    return {
      file: relative(from, file) || basename(file),
      why,
      site: kind === "static" ? root : null,
      reach: relative(root, reach) || ".",
    };
  } catch (error) {
    if (error instanceof NanoError) return { error: error.message };
    throw error;
  }
}
