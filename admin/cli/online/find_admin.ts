/** Finds the admin listener of a running NANO and its token: by options, by environment, by the state folder. */
import { join } from "node:path";
import { messageOf } from "../../../runtime/mod.ts";
import { adminFilePath, isAlive, readAdminFile } from "./admin_file.ts";
import { CliError } from "../../process/cli_error.ts";
import type { CliIo } from "../terminal/cli_io.ts";
import type { CommandLine } from "../line/command_line.ts";
import { type LocalState, localState } from "./local_state.ts";

/** Where to ask, and how it was found. */
export interface FoundAdmin {
  readonly url: string;
  readonly token: string;
  /** Of the public listener, or null when only the admin listener was named. */
  readonly publicUrl: string | null;
  /** For messages: `--url`, or the file. */
  readonly from: string;
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
    const why = local.tokenProblem === null ? "" : `; ${local.tokenProblem}`;
    throw notFound(
      local,
      `there is no token: no --token, no NANO_ADMIN_TOKEN, no "${tokenPath(local.stateDir)}"${why}`,
    );
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
