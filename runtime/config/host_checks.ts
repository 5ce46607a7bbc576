/** Checks a configuration against the machine: files and folders that must exist, secrets that must be readable. */
import { dirname, resolve, sep } from "node:path";
import { messageOf } from "../errors.ts";
import type { OutsideFleet } from "./fleet_config.ts";
import { NODE_NAME } from "./fleet_schema.ts";
import { findProcessTools } from "./process_tools.ts";
import type { ProcessTools } from "./process_walls.ts";
import type { ConfigPath, Mistakes } from "./mistakes.ts";
import { INSTALL_TOKEN, TOKEN, type WrittenConfig } from "./schema.ts";
import type { Sketch } from "./sketch.ts";
import { checkTls } from "./tls_check.ts";

/** Longest content of a `from_file`, in bytes; a key or certificate is far below. */
const MAX_SECRET_BYTES = 1_048_576;

/** A longer path is cut where it is shown, in characters. */
const MAX_SHOWN_PATH = 300;

/** The part of the machine that a configuration depends on. */
export interface ConfigHost {
  /** Absolute path of the folder that relative paths start at. */
  readonly baseDir: string;
  /** Reads a variable of the host's environment. */
  readonly hostEnv: (name: string) => string | undefined;
  /** Absolute folders that are on their way: they, and what will be in them, need not be there yet. */
  readonly coming: ReadonlySet<string>;
}

/** What was read for `from_env` and `from_file`. */
export interface OutsideValues {
  /** The admin token, if it is kept outside. */
  token: string | undefined;
  /** The registry's token, if it is kept outside. */
  installToken: string | undefined;
  /** What of `fleet` is kept outside. */
  readonly fleet: OutsideFleet;
  /** By index of the app: the variables that are kept outside. */
  readonly env: Map<number, Map<string, string>>;
}

type WrittenToken = string | Parameters<typeof readOutside>[1];

type Kind = "file" | "folder" | "file or folder";

/** Adds a mistake for everything that is not there, and reads what is kept outside the document. */
export async function checkHost(
  config: Sketch<WrittenConfig>,
  host: ConfigHost,
  mistakes: Mistakes,
): Promise<OutsideValues> {
  const values: OutsideValues = {
    token: undefined,
    installToken: undefined,
    fleet: { name: undefined, postgres: undefined, credentials: undefined },
    env: new Map(),
  };
  const check = (path: ConfigPath, kind: Kind, written: string | undefined) =>
    checkPath(path, kind, written, host, mistakes);
  check(["tls", "cert"], "file", config.tls?.cert);
  check(["tls", "key"], "file", config.tls?.key);
  await checkTls(config.tls, host.baseDir, mistakes);
  await checkStateDir(config.state_dir, host, mistakes);
  const { admin, install } = config;
  const readToken = async (path: ConfigPath, written: WrittenToken | undefined, rule: RegExp) => {
    if (typeof written !== "object") return undefined;
    const token = await readOutside(path, written, host, mistakes);
    if (token === undefined || rule.test(token)) return token;
    const expected = rule === TOKEN ? "visible ASCII text without spaces" : 'of letters, digits and "._~+/=:-"';
    mistakes.add(path, written, `expected its value to be ${expected}`);
    return undefined;
  };
  if (admin !== undefined && admin !== false) values.token = await readToken(["admin", "token"], admin.token, TOKEN);
  values.installToken = await readToken(["install", "token"], install?.token, INSTALL_TOKEN);
  for (const key of ["ca", "cert", "key"] as const) {
    check(["fleet", "tls", key], "file", config.fleet?.tls?.[key]);
  }
  for (const key of ["postgres", "credentials"] as const) {
    const written = config.fleet?.[key];
    if (typeof written !== "object") continue;
    values.fleet[key] = await readOutside(["fleet", key], written, host, mistakes);
  }
  const name = config.fleet?.name;
  if (typeof name === "object") {
    const read = await readOutside(["fleet", "name"], name, host, mistakes);
    if (read === undefined || NODE_NAME.test(read)) values.fleet.name = read;
    else mistakes.add(["fleet", "name"], read, "expected its value to be 1 to 63 characters of a-z, 0-9 and -");
  }
  await checkIsolation(config, mistakes);
  checkDeno(config, mistakes);
  for (const [index, app] of (config.apps ?? []).entries()) {
    if (app === undefined) continue;
    check(["apps", index, "path"], "file or folder", app.path);
    check(["apps", index, "root"], "folder", app.root);
    checkRoot(["apps", index, "root"], app, host, mistakes);
    if (typeof app.assets === "object") check(["apps", index, "assets", "path"], "folder", app.assets.path);
    else check(["apps", index, "assets"], "folder", app.assets);
    const env = new Map<string, string>();
    for (const [name, value] of Object.entries(app.env ?? {})) {
      if (typeof value !== "object") continue;
      const read = await readOutside(["apps", index, "env", name], value, host, mistakes);
      if (read !== undefined) env.set(name, read);
    }
    values.env.set(index, env);
  }
  return values;
}

/** Processes of isolates need programs of the machine; who asks for none need not have them. */
async function checkIsolation({ defaults, apps }: Sketch<WrittenConfig>, mistakes: Mistakes): Promise<void> {
  const asked: ConfigPath[] = defaults?.isolation === "process" ? [["defaults", "isolation"]] : [];
  apps?.forEach((app, index) => app?.isolation === "process" && asked.push(["apps", index, "isolation"]));
  if (asked.length === 0) return;
  const found = await findProcessTools();
  if ("tools" in found) return checkPrograms(apps, found.tools, mistakes);
  for (const path of asked) {
    mistakes.add(path, "process", `expected "worker": this machine lacks ${found.missing}, which processes need`);
  }
}

/** A compiled NANO holds no Deno that could run somebody else's program. */
function checkDeno({ defaults, apps }: Sketch<WrittenConfig>, mistakes: Mistakes): void {
  if (!Deno.build.standalone) return;
  const remedy = 'expected "web": this NANO is a compiled binary, and "full" takes one that Deno runs';
  if (defaults?.compat === "full") mistakes.add(["defaults", "compat"], "full", remedy);
  apps?.forEach((app, index) => app?.compat === "full" && mistakes.add(["apps", index, "compat"], "full", remedy));
}

/** What a program leaves behind ends with its namespace alone. */
function checkPrograms(apps: Sketch<WrittenConfig>["apps"], { namespaces }: ProcessTools, mistakes: Mistakes): void {
  apps?.forEach((app, index) => {
    if (namespaces !== null || app?.run === undefined || app.run.length === 0) return;
    mistakes.add(["apps", index, "run"], app.run, "expected none: this machine lacks namespaces, see nano doctor");
  });
}

/** An app's root holds the app. */
function checkRoot(
  path: ConfigPath,
  app: { readonly path?: string | undefined; readonly root?: string | undefined },
  { baseDir }: ConfigHost,
  mistakes: Mistakes,
): void {
  if (app.root === undefined || app.path === undefined || mistakes.has(path)) return;
  const [root, own] = [resolve(baseDir, app.root), resolve(baseDir, app.path)];
  if (own === root || own.startsWith(root === "/" ? root : root + sep)) return;
  mistakes.add(path, app.root, `expected a folder at or above "path", which is ${JSON.stringify(app.path)}`);
}

function checkPath(
  path: ConfigPath,
  kind: Kind,
  written: string | undefined,
  host: ConfigHost,
  mistakes: Mistakes,
): void {
  if (written === undefined) return;
  const absolute = resolve(host.baseDir, written);
  try {
    const info = Deno.statSync(absolute);
    if (kind !== "file" && info.isDirectory) return;
    if (kind !== "folder" && info.isFile) return;
    mistakes.add(
      path,
      written,
      `expected a ${kind}, but ${shownPath(absolute)} is ${info.isDirectory ? "a folder" : "none"}`,
    );
  } catch (error) {
    if (error instanceof Deno.errors.NotFound && isComing(absolute, host.coming)) return;
    mistakes.add(path, written, `expected a ${kind}, but ${shownPath(absolute)} ${failureOf(error)}`);
  }
}

function isComing(path: string, coming: ReadonlySet<string>): boolean {
  if (coming.size === 0) return false;
  const above = dirname(path);
  return coming.has(path) || (above !== path && isComing(above, coming));
}

/** The state folder is made when it is missing, but must not be anything else. */
async function checkStateDir(written: string | undefined, host: ConfigHost, mistakes: Mistakes): Promise<void> {
  if (written === undefined) return;
  const absolute = resolve(host.baseDir, written);
  try {
    const info = await Deno.stat(absolute);
    if (!info.isDirectory) {
      mistakes.add(["state_dir"], written, `expected a folder, but ${shownPath(absolute)} is none`);
    }
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    if (error instanceof Deno.errors.NotADirectory) {
      mistakes.add(["state_dir"], written, `expected a folder, but a part of ${shownPath(absolute)} is a file`);
      return;
    }
    mistakes.add(["state_dir"], written, `expected a folder, but ${shownPath(absolute)} ${failureOf(error)}`);
  }
}

async function readOutside(
  path: ConfigPath,
  value: { readonly from_env?: string | undefined } | { readonly from_file?: string | undefined },
  host: ConfigHost,
  mistakes: Mistakes,
): Promise<string | undefined> {
  if ("from_env" in value && value.from_env !== undefined) {
    const read = host.hostEnv(value.from_env);
    if (read === undefined) {
      mistakes.add([...path, "from_env"], value.from_env, "expected a variable that is set in NANO's environment");
    }
    return read;
  }
  if (!("from_file" in value) || value.from_file === undefined) return undefined;
  const absolute = resolve(host.baseDir, value.from_file);
  const read = await readSecretFile(absolute);
  if ("text" in read) return read.text;
  mistakes.add(
    [...path, "from_file"],
    value.from_file,
    `expected a readable file, but ${shownPath(absolute)} ${read.problem}`,
  );
  return undefined;
}

async function readSecretFile(absolute: string): Promise<{ text: string } | { problem: string }> {
  let bytes: Uint8Array;
  try {
    const info = await Deno.stat(absolute);
    // Reading a pipe or a device could wait forever or never end.
    if (!info.isFile) return { problem: "is no file" };
    if (info.size > MAX_SECRET_BYTES) return { problem: `is longer than ${MAX_SECRET_BYTES} bytes` };
    bytes = await Deno.readFile(absolute);
  } catch (error) {
    return { problem: failureOf(error) };
  }
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return text.includes("\0") ? { problem: "contains NUL characters" } : { text: text.replace(/\r?\n$/, "") };
  } catch {
    return { problem: "is no UTF-8 text" };
  }
}

function shownPath(absolute: string): string {
  return absolute.length <= MAX_SHOWN_PATH ? absolute : `${absolute.slice(0, MAX_SHOWN_PATH)}…`;
}

function failureOf(error: unknown): string {
  if (error instanceof Deno.errors.NotFound) return "does not exist";
  if (error instanceof Deno.errors.NotADirectory) return "does not exist";
  if (error instanceof Deno.errors.PermissionDenied) return "may not be read";
  if (error instanceof Deno.errors.NotCapable) return "may not be read (NANO runs without that permission)";
  // The rest of such a message repeats the path, which may be long.
  return `cannot be read (${messageOf(error).split(": ")[0]})`;
}
