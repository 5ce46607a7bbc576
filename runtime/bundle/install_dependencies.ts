/** Installs the npm packages of an app into the app's own node_modules. */

import { cp } from "node:fs/promises";
import { join } from "node:path";
import { NanoError } from "../errors.ts";
import { parseConfig } from "./compiler_options.ts";
import { packagesOf, reducedDenoLock, reducedManifest, reducedNpmLock } from "./install_manifest.ts";
import type { InstallPolicy } from "./install_policy.ts";
import { isRecord } from "./json_with_comments.ts";
import { readStamped, sha256 } from "./input_stamp.ts";
import { runConfined } from "./spawn_confined.ts";

/** How packages are fetched; a test puts something else in place. */
export type RunInstaller = (
  folder: string,
  args: readonly string[],
  options: { readonly timeoutMs: number; readonly signal?: AbortSignal | undefined },
) => Promise<{ ok: boolean; output: string; isLate?: boolean }>;

/** How {@linkcode installDependencies} installs. */
export interface InstallOptions {
  /** Packages that are imported but not listed in package.json, with their version ranges. */
  readonly extras?: Readonly<Record<string, string>>;
  readonly run?: RunInstaller;
  /** Ends the installation: NANO goes away, and must leave no process behind. */
  readonly signal?: AbortSignal;
  readonly policy?: InstallPolicy;
  /** Told the names of the packages right before they are fetched. */
  readonly onStart?: (packages: readonly string[]) => void;
}

/** Where nobody said otherwise. */
const OPEN_POLICY: InstallPolicy = { registry: null, token: null, timeoutMs: 300_000, workDir: null, refusal: null };

/** An installation of our own making. */
export interface Install {
  /** Whether package.json or a lock file have changed since. */
  readonly isStale: boolean;
  /** What it holds beside what package.json lists. */
  readonly extras: Readonly<Record<string, string>>;
}

/** Of the folder beside an app's node_modules where it is made. */
const STAGING_PREFIX = ".nano-install-";
/** What moving the result into place may take after the installer's own time, on a slow disk. */
const FINISH_MS = 60_000;

/** Says of what this node_modules was made; one without it was made by the user, and is theirs. */
const MARKER = "node_modules/.nano-installed";

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
 * It runs in a folder of its own, apart from the app's and from every project around it: all it gets are names, ranges
 * and locked versions (install_manifest.ts), the operator's registry, an empty HOME and a cache of its own. A cache that
 * apps share would be hard-linked into their folders, where whoever edits one app's package edits everybody's. Lifecycle
 * scripts of packages never run.
 *
 * @param root Real path of the app's folder.
 * @throws {NanoError} APP_FAILED when the policy forbids it, a package is not to be had from the registry, the registry
 *   cannot be reached, the folder cannot be written, or it takes too long.
 */
export async function installDependencies(root: string, options: InstallOptions = {}): Promise<void> {
  const { extras = {}, run = runDeno, policy = OPEN_POLICY, onStart, signal } = options;
  const written = await readJson(root, "package.json") ?? {};
  const packages = packagesOf({ ...written, dependencies: { ...extras, ...recordOf(written["dependencies"]) } });
  if (policy.refusal !== null) {
    throw new NanoError("APP_FAILED", `Cannot install ${shownPackages(packages)}: ${policy.refusal}`);
  }
  if (Deno.build.standalone && run === runDeno) {
    throw failure("a compiled NANO has no installer on board");
  }
  const manifest = reducedManifest(written, extras);
  let staging;
  try {
    await removeLeftovers(root, STAGING_PREFIX, policy.timeoutMs);
    staging = await Deno.makeTempDir({ dir: root, prefix: STAGING_PREFIX });
  } catch (cause) {
    throw failure("its folder cannot be written", { cause });
  }
  try {
    await using work = await WorkFolder.create(policy);
    onStart?.(packages);
    await installInto(staging, work.path, { root, extras, manifest, policy, run, signal });
  } finally {
    await Deno.remove(staging, { recursive: true });
  }
}

interface Installation {
  readonly root: string;
  readonly extras: Readonly<Record<string, string>>;
  readonly manifest: Record<string, unknown>;
  readonly policy: InstallPolicy;
  readonly run: RunInstaller;
  readonly signal: AbortSignal | undefined;
}

async function installInto(staging: string, work: string, installation: Installation): Promise<void> {
  const { root, extras, manifest, policy, run, signal } = installation;
  const hash = await manifestHash(root);
  const write = (name: string, value: unknown) =>
    Deno.writeTextFile(join(work, name), typeof value === "string" ? value : JSON.stringify(value), { mode: 0o600 });
  await write("package.json", manifest);
  await write("deno.json", { nodeModulesDir: "auto" });
  await write(".npmrc", npmrcOf(policy));
  const npmLock = await readJson(root, "package-lock.json");
  if (npmLock !== undefined) await write("package-lock.json", reducedNpmLock(npmLock, manifest));
  const denoLock = await readJson(root, "deno.lock");
  if (denoLock !== undefined) await write("deno.lock", reducedDenoLock(denoLock));
  // A lock file knows nothing of packages that package.json does not list; the versions it has stand.
  const isLocked = denoLock !== undefined && Object.keys(extras).length === 0;
  const args = ["install", "--config=deno.json", "--prod", isLocked ? "--frozen" : "--frozen=false"];
  const { ok, output, isLate = false } = await run(work, args, { timeoutMs: policy.timeoutMs, signal });
  if (isLate) {
    throw failure(`it took longer than ${policy.timeoutMs / 1000} s ("install.timeout_ms")`, { details: [output] });
  }
  if (!ok) throw installerFailure(output.replaceAll(`${work}/`, ""));
  if (!(await hasNodeModules(work))) throw failure("the installer left no node_modules");
  await move(join(work, "node_modules"), join(staging, "node_modules"));
  await Deno.writeTextFile(join(staging, MARKER), JSON.stringify({ manifest: hash, extras }));
  await putInPlace(join(staging, "node_modules"), root, join(staging, "older"));
}

/** A folder that only this installation uses, and that is gone afterwards. */
class WorkFolder implements AsyncDisposable {
  private constructor(readonly path: string) {}

  static async create({ workDir: parent, timeoutMs }: InstallPolicy): Promise<WorkFolder> {
    const prefix = "nano-install-";
    if (parent !== null) {
      await Deno.mkdir(parent, { recursive: true, mode: 0o700 });
      await removeLeftovers(parent, prefix, timeoutMs);
    }
    const path = await Deno.makeTempDir(parent === null ? { prefix } : { prefix, dir: parent });
    await Deno.mkdir(join(path, "home"));
    return new WorkFolder(path);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.path, { recursive: true });
  }
}

/**
 * Removes what a NANO left that was killed while it installed, the operator's token among it.
 * @param timeoutMs no installation takes longer, so that an older folder is nobody's
 */
async function removeLeftovers(parent: string, prefix: string, timeoutMs: number): Promise<void> {
  for await (const { name } of Deno.readDir(parent)) {
    if (!name.startsWith(prefix)) continue;
    const path = join(parent, name);
    try {
      const { mtime } = await Deno.lstat(path);
      if (mtime === null || Date.now() - mtime.getTime() < timeoutMs + FINISH_MS) continue;
      await Deno.remove(path, { recursive: true });
    } catch (error) {
      // Another installation was quicker.
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
}

/** The operator's registry; an app's own .npmrc has no say. */
function npmrcOf({ registry, token }: InstallPolicy): string {
  if (registry === null) return "";
  const url = new URL(registry.endsWith("/") ? registry : `${registry}/`);
  const lines = [`registry=${url.href}`];
  if (token !== null) lines.push(`//${url.host}${url.pathname}:_authToken=${token}`);
  return lines.join("\n") + "\n";
}

async function move(from: string, to: string): Promise<void> {
  try {
    await Deno.rename(from, to);
  } catch {
    // The app's folder lies on another disk.
    await cp(from, to, { recursive: true, verbatimSymlinks: true });
  }
}

function installerFailure(output: string): NanoError {
  const lines = output.split("\n").map((line) => line.trimEnd());
  // Deno appends a backtrace of its own that has no symbols in a release.
  const end = lines.indexOf("Stack backtrace:");
  const details = lines.slice(0, end === -1 ? undefined : end)
    .filter((line) => line !== "" && !/^(Download|Initialize) /.test(line));
  const first = details.find((line) => line.startsWith("error: ")) ?? details[0];
  return failure(first ?? "the installer failed without a word", { details });
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

const runDeno: RunInstaller = async (cwd, args, { timeoutMs, signal }) => {
  const env = {
    NO_COLOR: "1",
    DENO_NO_UPDATE_CHECK: "1",
    HOME: join(cwd, "home"),
    DENO_DIR: join(cwd, "cache"),
  };
  return await runConfined({ program: Deno.execPath(), args, cwd, env, timeoutMs, signal });
};

function failure(why: string, options: { cause?: unknown; details?: readonly string[] } = {}): NanoError {
  const message = `Cannot install the dependencies: ${why.replace(/^error: /, "").replace(/\.$/, "")}`;
  // Of a package that there is not, npm would say the same.
  const wayOut = /does not exist|[Cc]ould not find npm package/.test(why)
    ? "correct its name and version in package.json"
    : 'run "npm install" in the app\'s folder';
  return new NanoError("APP_FAILED", `${message}; ${wayOut}`, options);
}

function shownPackages(packages: readonly string[]): string {
  const shown = packages.slice(0, 5).map((name) => `"${name}"`).join(", ");
  return packages.length > 5 ? `${shown} and ${packages.length - 5} more` : shown;
}

function recordOf(value: unknown): Record<string, unknown> {
  return isRecord(value) ? value : {};
}

async function readJson(root: string, name: string): Promise<Record<string, unknown> | undefined> {
  const bytes = await readIfPresent(join(root, name));
  return bytes === undefined ? undefined : parseConfig(name, new TextDecoder().decode(bytes));
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
    return (await readStamped(path)).contents;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return undefined;
    throw error;
  }
}
