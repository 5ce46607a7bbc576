/** An app that runs as Deno itself runs it: no bundle is made of it, only where it lies and what of it is whose. */
import { dirname, join, relative } from "node:path";
import { messageOf } from "../errors.ts";
import { NATIVE_SERVERS_URL } from "../protocol/host_calls.ts";
import type { CodePlace } from "../pool/full_place.ts";
import type { AppBundle } from "./app_bundle.ts";
import type { AppEntry } from "./app_entry.ts";
import { isInside, pathExists } from "./app_files.ts";
import { findDataFolder } from "./data_folder.ts";
import { sha256 } from "./input_stamp.ts";

/** What of an app's source decides it. */
export interface FullSource {
  readonly entry: AppEntry;
  /** Real path of the folder that it may read. */
  readonly reach: string;
  /** Real paths of what is NANO's own or a secret. */
  readonly hidden: readonly string[];
  /** Where what it writes is kept; null for the folder `data` in its own. */
  readonly keptData: string | null;
  readonly nodeEnv: string;
}

/** Names of what is a package manager's, a repository's or NANO's, and no part of an app. */
const HIDDEN_NAMES = [
  ".git",
  ".hg",
  ".nano",
  ".netrc",
  ".npmrc",
  ".ssh",
  ".svn",
  ".yarnrc",
  ".yarnrc.yml",
  "nano.json",
];
/** Deno's own names for its settings. */
const SETTINGS = ["deno.json", "deno.jsonc"];
/** Folders whose files are no code of the app's own. */
const NOT_OWN = new Set(["node_modules", "data"]);
/** More files than that are not looked at one by one: a change of one of the others takes a restart by hand. */
const MAX_FILES = 20_000;

/** The app, and the stand-ins for servers that its process takes. @param modules those stand-ins, by URL */
export async function fullApp(
  { entry, reach, hidden, keptData, nodeEnv }: FullSource,
  modules: Readonly<Record<string, string>>,
): Promise<AppBundle> {
  const { root, file } = entry;
  const warnings: string[] = [];
  const data = await findDataFolder(root, keptData).catch((error) => {
    warnings.push(`Cannot give it a folder "data" to write: ${messageOf(error)}`);
    return [];
  });
  const place: CodePlace = {
    entry: file,
    folder: root,
    reach,
    hidden: await hiddenIn(root, reach, hidden),
    data,
    settings: await settingsOf(root, reach),
  };
  const { version, isWhole } = await versionOf(place);
  if (!isWhole) warnings.push(`More than ${MAX_FILES} files: changes of some need a restart by hand`);
  return {
    entry: `file://${file}`,
    modules,
    place,
    version,
    inputs: [file],
    nodeEnv,
    warnings,
    assets: null,
    ...entry.clientFiles === undefined ? {} : { clientFiles: entry.clientFiles },
  };
}

/** What its process needs of NANO's own modules. */
export const FULL_MODULES: string = JSON.stringify(NATIVE_SERVERS_URL);

/** Only what lies in what it may read: a rule for a folder around it would hide the app itself. */
async function hiddenIn(root: string, reach: string, hidden: readonly string[]): Promise<readonly string[]> {
  const named = new Set([root, reach].flatMap((folder) => HIDDEN_NAMES.map((name) => join(folder, name))));
  const found = new Set(hidden.filter((path) => isInside(reach, path) && path !== root && !isInside(path, root)));
  for (const path of named) if (await pathExists(path)) found.add(path);
  return [...found];
}

async function settingsOf(root: string, reach: string): Promise<string | null> {
  for (let folder = root;; folder = dirname(folder)) {
    for (const name of SETTINGS) if (await pathExists(join(folder, name))) return join(folder, name);
    if (folder === reach || !isInside(reach, folder)) return null;
  }
}

/** Changes with every file of the app's own, its packages aside: an installation shows in its lock file. */
async function versionOf(
  { entry, folder }: CodePlace,
): Promise<{ readonly version: string; readonly isWhole: boolean }> {
  const lines: string[] = [relative(folder, entry)];
  const open = [folder];
  for (let at = open.pop(); at !== undefined && lines.length <= MAX_FILES; at = open.pop()) {
    for await (const { name, isDirectory } of Deno.readDir(at)) {
      const path = join(at, name);
      if (isDirectory) {
        if (!name.startsWith(".") && !(at === folder && NOT_OWN.has(name)) && name !== "node_modules") open.push(path);
      } else {
        const info = await Deno.lstat(path);
        lines.push(`${relative(folder, path)} ${info.size} ${info.mtime?.getTime() ?? 0} ${info.ino ?? 0}`);
      }
      if (lines.length > MAX_FILES) break;
    }
  }
  const text = lines.sort().join("\n");
  return { version: (await sha256(new TextEncoder().encode(text))).slice(0, 12), isWhole: lines.length <= MAX_FILES };
}
