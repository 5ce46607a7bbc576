/** An app that runs as Deno itself runs it: no bundle is made of it, only where it lies and what of it is whose. */
import { dirname, join, relative } from "node:path";
import { pathToFileURL } from "node:url";
import { messageOf } from "../errors.ts";
import { NATIVE_SERVERS_URL } from "../protocol/host_calls.ts";
import type { CodePlace } from "../pool/full_place.ts";
import { fullUser } from "../pool/full_user.ts";
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
  const code: Omit<CodePlace, "data"> = {
    entry: entry.source === undefined ? file : sourceModule(root, entry.source),
    folder: root,
    reach,
    hidden: await hiddenIn(root, reach, hidden),
    settings: await settingsOf(root, reach),
  };
  const user = await fullUser({ ...code, data: [] });
  const data = await findDataFolder(root, keptData, { user }).catch((error) => {
    warnings.push(`Cannot give it a folder "data" to write: ${messageOf(error)}`);
    return [];
  });
  const place: CodePlace = { ...code, data };
  const { version, isWhole } = await versionOf(place, entry.source ?? relative(root, file));
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

/** A module of a text that imports as a file of the app's folder would: what Deno runs first must exist. */
function sourceModule(root: string, source: string): string {
  const url = JSON.stringify(pathToFileURL(join(root, "nano_entry.mjs")).href);
  const text = `import { registerHooks } from "node:module";
const hooks = registerHooks({
  resolve: (name, context, next) => name === ${url} ? { url: name, format: "module", shortCircuit: true } : next(name, context),
  load: (url, context, next) => url === ${url} ? { source: ${
    JSON.stringify(source)
  }, format: "module", shortCircuit: true } : next(url, context),
});
const entry = await import(${url});
hooks.deregister();
export default entry.default;
`;
  return `data:text/javascript,${encodeURIComponent(text)}`;
}

async function settingsOf(root: string, reach: string): Promise<string | null> {
  for (let folder = root;; folder = dirname(folder)) {
    for (const name of SETTINGS) if (await pathExists(join(folder, name))) return join(folder, name);
    if (folder === reach || !isInside(reach, folder)) return null;
  }
}

/** Changes with every file of the app's own, its packages aside: an installation shows in its lock file. */
async function versionOf(
  { folder }: CodePlace,
  begins: string,
): Promise<{ readonly version: string; readonly isWhole: boolean }> {
  const lines: string[] = [begins];
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
