/** Finds the admin listener of a running NANO and its token: by options, by environment, by the state folder. */
import { dirname, join, resolve } from "node:path";
import { messageOf, NanoError, resolveConfig } from "../../runtime/mod.ts";
import { adminFilePath, isAlive, readAdminFile } from "./admin_file.ts";
import { CliError } from "./cli_error.ts";
import type { CliIo } from "./cli_io.ts";
import type { CommandLine } from "./command_line.ts";

/** Where to ask, and how it was found. */
export interface FoundAdmin {
  readonly url: string;
  readonly token: string;
  /** Of the public listener, or null when only the admin listener was named. */
  readonly publicUrl: string | null;
  /** For messages: `--url`, or the file. */
  readonly from: string;
}

interface LocalState {
  readonly file: string;
  readonly stateDir: string;
  /** From the configuration, or null when it is a kept one. */
  readonly token: string | null;
}

/**
 * Finds it.
 * @throws {CliError} INTERNAL when no NANO can be found, with all that was tried; USAGE when there is no token for a URL
 */
export async function findAdmin(line: CommandLine, io: CliIo): Promise<FoundAdmin> {
  const variable = (name: string) => io.env(name) === "" ? null : io.env(name) ?? null;
  const given = line.text("url") ?? variable("NANO_ADMIN_URL");
  const token = line.text("token") ?? variable("NANO_ADMIN_TOKEN");
  if (given !== null) return await givenAdmin(given, { token, from: line.text("url") ? "--url" : "NANO_ADMIN_URL" });
  const local = await localState(line.text("config"), io);
  const path = adminFilePath(local.stateDir);
  const place = await readAdminFile(local.stateDir).catch((error) => {
    throw notFound(local, `"${path}" cannot be read: ${messageOf(error)}`);
  });
  if (place === null) throw notFound(local, `there is no "${path}", which a running NANO keeps`);
  if (!isAlive(place.pid)) {
    throw notFound(local, `"${path}" was left by process ${place.pid}, which has ended without a drain`);
  }
  const kept = token ?? local.token ?? await keptToken(local.stateDir);
  if (kept === null) {
    throw notFound(local, `there is no token: no --token, no NANO_ADMIN_TOKEN, no "${tokenPath(local.stateDir)}"`);
  }
  return { url: place.url, token: kept, publicUrl: place.publicUrl, from: `"${path}" (process ${place.pid})` };

  /** A token kept on this machine goes to this machine only. */
  async function givenAdmin(url: string, { token, from }: { token: string | null; from: string }): Promise<FoundAdmin> {
    if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
      throw new CliError("USAGE", `Cannot use "${url}" of ${from}: expected a URL such as http://127.0.0.1:9090`);
    }
    const { hostname } = new URL(url);
    const isLocal = hostname === "localhost" || hostname === "[::1]" || /^127(\.\d+){3}$/.test(hostname);
    const state = token !== null || !isLocal ? null : await localState(line.text("config"), io).catch(() => null);
    const found = token ?? state?.token ?? (state === null ? null : await keptToken(state.stateDir));
    if (found !== null) return { url: url.replace(/\/+$/, ""), token: found, publicUrl: null, from };
    throw new CliError("USAGE", `There is no token for ${url}: give --token, or set NANO_ADMIN_TOKEN`);
  }
}

/**
 * The state folder of a configuration. Only the keys that matter here are read: at night, `nano apps` has to work beside
 * a nano.json with mistakes in it.
 */
async function localState(option: string | null, io: CliIo): Promise<LocalState> {
  const file = resolve(io.cwd, option ?? "nano.json");
  let text: string;
  try {
    text = await Deno.readTextFile(file);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory)) throw error;
    throw new CliError("INTERNAL", "Cannot find a running NANO", [
      "neither --url nor NANO_ADMIN_URL is given",
      option === null ? `there is no nano.json in "${io.cwd}"` : `there is no "${file}"`,
      "run this beside nano.json, or say --config FILE or --url URL",
    ]);
  }
  const { state_dir, admin } = writtenParts(text);
  const given = { ...state_dir === undefined ? {} : { state_dir }, ...admin === undefined ? {} : { admin } };
  const config = await resolveConfig(given, { file, baseDir: dirname(file), hostEnv: io.env }).catch((error) => {
    // The environment of the running NANO may hold what ours does not: the kept token is tried then.
    if (!(error instanceof NanoError)) throw error;
    const place = typeof state_dir === "string" ? { state_dir } : {};
    return resolveConfig(place, { file, baseDir: dirname(file), hostEnv: io.env });
  });
  return { file, stateDir: config.stateDir, token: config.admin === false ? null : config.admin.token };
}

function writtenParts(text: string): { readonly state_dir?: unknown; readonly admin?: unknown } {
  try {
    const document: unknown = JSON.parse(text);
    return typeof document === "object" && document !== null ? document : {};
  } catch {
    return {}; // `nano check` is there to tell; the default folder is the best guess
  }
}

function tokenPath(stateDir: string): string {
  return join(stateDir, "admin_token");
}

async function keptToken(stateDir: string): Promise<string | null> {
  try {
    return (await Deno.readTextFile(tokenPath(stateDir))).trim() || null;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw new CliError("INTERNAL", `Cannot read the admin token: ${messageOf(error)}`);
  }
}

function notFound({ file }: LocalState, why: string): CliError {
  return new CliError("INTERNAL", `Cannot find a running NANO of "${file}"`, [
    why,
    `start it with: nano start --config ${file}`,
    "or name another one: --url URL, --config FILE",
  ]);
}
