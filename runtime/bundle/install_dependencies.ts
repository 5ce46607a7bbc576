/** Installs the npm packages of an app into the app's own node_modules. */

import { join } from "node:path";
import { messageOf, NanoError } from "../errors.ts";
import { parseConfig } from "./compiler_options.ts";
import { isRecord } from "./json_with_comments.ts";
import { sha256 } from "./input_stamp.ts";

/** How packages are fetched; a test puts something else in place. */
export type RunInstaller = (
  folder: string,
  args: readonly string[],
  signal?: AbortSignal,
) => Promise<{ ok: boolean; output: string }>;

/** How {@linkcode installDependencies} installs. */
export interface InstallOptions {
  /** Packages that are imported but not listed in package.json, with their version ranges. */
  readonly extras?: Readonly<Record<string, string>>;
  readonly run?: RunInstaller;
  /** Ends the installation: NANO goes away, and must leave no process behind. */
  readonly signal?: AbortSignal;
}

/** An installation of our own making. */
export interface Install {
  /** Whether package.json or a lock file have changed since. */
  readonly isStale: boolean;
  /** What it holds beside what package.json lists. */
  readonly extras: Readonly<Record<string, string>>;
}

/** Says of what this node_modules was made; one without it was made by the user, and is theirs. */
const MARKER = "node_modules/.nano-installed";
const TIMEOUT_MS = 120_000;

/** What is known of the app's node_modules, or undefined if it was not installed here. */
export async function readInstall(root: string): Promise<Install | undefined> {
  const bytes = await readIfPresent(join(root, MARKER));
  if (bytes === undefined) return undefined;
  try {
    const { manifest, extras } = JSON.parse(new TextDecoder().decode(bytes));
    if (isRecord(extras)) {
      return { isStale: manifest !== await manifestHash(root), extras: extras as Install["extras"] };
    }
  } catch {
    // Written by another version, or damaged: made anew.
  }
  return { isStale: true, extras: {} };
}

/** Whether the app has a node_modules at all. */
export async function hasNodeModules(root: string): Promise<boolean> {
  try {
    await Deno.lstat(join(root, "node_modules"));
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/**
 * Runs `deno install` for an app and puts the result into its folder, whole or not at all.
 *
 * It runs in a folder of its own inside the app's, with a deno.json of its own: else Deno takes the configuration, the
 * lock file and the import map of whatever project the app's folder lies in. Lifecycle scripts of packages never run.
 *
 * @param root Real path of the app's folder.
 * @throws {NanoError} APP_FAILED when a package does not exist, the registry cannot be reached, the folder cannot be
 *   written, or it takes longer than two minutes.
 */
export async function installDependencies(root: string, options: InstallOptions = {}): Promise<void> {
  const { extras = {}, run = runDeno, signal } = options;
  if (Deno.build.standalone && run === runDeno) {
    throw failure("a compiled NANO has no installer on board");
  }
  let staging;
  try {
    staging = await Deno.makeTempDir({ dir: root, prefix: ".nano-install-" });
  } catch (cause) {
    throw failure("its folder cannot be written", { cause });
  }
  try {
    await installInto(staging, root, { extras, run: (folder, args) => run(folder, args, signal) });
  } finally {
    await Deno.remove(staging, { recursive: true });
  }
}

async function installInto(
  staging: string,
  root: string,
  { extras, run }: Required<Omit<InstallOptions, "signal">>,
): Promise<void> {
  for (const name of ["package.json", "package-lock.json", "deno.lock", ".npmrc"]) {
    const bytes = await readIfPresent(join(root, name));
    if (bytes !== undefined) await Deno.writeFile(join(staging, name), bytes, { mode: 0o600 });
  }
  await Deno.writeTextFile(join(staging, "deno.json"), JSON.stringify({ nodeModulesDir: "auto" }));
  const manifest = await manifestHash(staging);
  const hasExtras = Object.keys(extras).length > 0;
  if (hasExtras) await addToManifest(join(staging, "package.json"), extras);
  // A lock file knows nothing of packages that package.json does not list; the versions it has stand.
  const isLocked = !hasExtras && await readIfPresent(join(root, "deno.lock")) !== undefined;
  const args = ["install", "--config=deno.json", "--prod", isLocked ? "--frozen" : "--frozen=false"];
  const { ok, output } = await run(staging, args);
  if (!ok) {
    const lines = output.replaceAll(`${staging}/`, "").split("\n").map((line) => line.trimEnd());
    // Deno appends a backtrace of its own that has no symbols in a release.
    const end = lines.indexOf("Stack backtrace:");
    const details = lines.slice(0, end === -1 ? undefined : end)
      .filter((line) => line !== "" && !/^(Download|Initialize) /.test(line));
    throw failure(
      details.find((line) => line.startsWith("error: ")) ?? details[0] ?? "the installer failed without a word",
      { details },
    );
  }
  if (!(await hasNodeModules(staging))) throw failure("the installer left no node_modules");
  await Deno.writeTextFile(join(staging, MARKER), JSON.stringify({ manifest, extras }));
  await putInPlace(join(staging, "node_modules"), root, join(staging, "older"));
}

async function addToManifest(path: string, extras: Readonly<Record<string, string>>): Promise<void> {
  const bytes = await readIfPresent(path);
  const manifest = bytes === undefined ? {} : parseConfig("package.json", new TextDecoder().decode(bytes));
  const listed = manifest["dependencies"];
  const dependencies = { ...extras, ...(isRecord(listed) ? listed : {}) };
  await Deno.writeTextFile(path, JSON.stringify({ ...manifest, dependencies }));
}

async function putInPlace(fresh: string, root: string, older: string): Promise<void> {
  const target = join(root, "node_modules");
  if (await hasNodeModules(root)) {
    // No marker: the user, or another NANO, was quicker, and what they installed stands.
    if (await readIfPresent(join(root, MARKER)) === undefined) return;
    await Deno.rename(target, older);
  }
  await Deno.rename(fresh, target);
}

async function runDeno(
  folder: string,
  args: readonly string[],
  signal?: AbortSignal,
): Promise<{ ok: boolean; output: string }> {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), TIMEOUT_MS);
  try {
    const { success, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [...args],
      cwd: folder,
      env: { NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1" },
      stdin: "null",
      stdout: "null",
      stderr: "piped",
      signal: signal === undefined ? late.signal : AbortSignal.any([late.signal, signal]),
    }).output();
    const said = new TextDecoder().decode(stderr);
    return { ok: success, output: late.signal.aborted ? `error: it took longer than ${TIMEOUT_MS} ms\n${said}` : said };
  } catch (thrown) {
    return { ok: false, output: messageOf(thrown) };
  } finally {
    clearTimeout(timer);
  }
}

function failure(why: string, options: { cause?: unknown; details?: readonly string[] } = {}): NanoError {
  const message = `Cannot install the dependencies: ${why.replace(/^error: /, "").replace(/\.$/, "")}; ` +
    `run "npm install" in the app's folder`;
  return new NanoError("APP_FAILED", message, options);
}

/** package.json and the lock files: when one of them changes, other packages may be asked for. */
async function manifestHash(folder: string): Promise<string> {
  const hashes = [];
  for (const name of ["package.json", "package-lock.json", "deno.lock"]) {
    const bytes = await readIfPresent(join(folder, name));
    hashes.push(bytes === undefined ? "" : await sha256(bytes));
  }
  return hashes.join("\n");
}

async function readIfPresent(path: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
  try {
    return await Deno.readFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return undefined;
    throw error;
  }
}
