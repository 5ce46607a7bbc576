/** Whom the process of an app runs as that Deno itself runs: the owner of its folder, where NANO may give users away. */
import { findProcessTools } from "../config/process_tools.ts";
import { type ProcessUser, userArguments, userOfFolder } from "../config/process_users.ts";
import { runSystemProgram } from "../machine/system_program.ts";
import type { FullPlace } from "./full_place.ts";

/** Of a disk that does not answer, or a `data` of millions of files on a busy machine. */
const TRIAL_MS = 60_000;

/**
 * Whether it can read what the app begins with, and change all that lies in `data`: what an earlier NANO has written there
 * as root it could not.
 */
const TRYING = `folder=$1 reach=$2 deno=$3 user=$4 data=$5
shift 5
cd "$folder" && [ -r . ] && [ -r "$reach" ] && [ -x "$reach" ] && [ -x "$deno" ] || exit 1
[ ! -e node_modules ] || { [ -r node_modules ] && [ -x node_modules ]; } || exit 1
for file in "$@"; do [ -r "$file" ] || exit 1; done
[ -z "$data" ] || { [ -w "$data" ] && [ -x "$data" ] && [ -z "$(find -H "$data" ! -user "$user" -print -quit 2>&1)" ]; }`;

/** @returns null where it runs as NANO: the folder is NANO's, or its owner lacks something of what the app has now */
export async function fullUser(
  { entry, folder, reach, settings, data }: Pick<FullPlace, "entry" | "folder" | "reach" | "settings" | "data">,
): Promise<ProcessUser | null> {
  const user = await userOfFolder(folder);
  const found = user === null ? null : await findProcessTools();
  if (user === null || found === null || "missing" in found || found.tools.withoutUsers !== null) return null;
  const files = [entry, settings].filter((path) => path?.startsWith("/") === true) as string[];
  const args = [folder, reach, Deno.execPath(), String(user.uid), data[0] ?? "", ...files];
  const { code } = await runSystemProgram(
    found.tools.setpriv,
    [...userArguments(user), "--", "/bin/sh", "-c", TRYING, "nano", ...args],
    AbortSignal.timeout(TRIAL_MS),
  );
  return code === 0 ? user : null;
}
