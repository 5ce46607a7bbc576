/** Reads where a NANO on this machine keeps its state, also beside a nano.json with mistakes in it. */
import { parse } from "jsonc-parser";
import { dirname } from "node:path";
import { NanoError, resolveConfig } from "../../../runtime/mod.ts";
import { CliError } from "../../process/cli_error.ts";
import type { CliIo } from "../terminal/cli_io.ts";
import { configPath } from "./config_file.ts";

/** What a configuration says of the way to its NANO. */
export interface LocalState {
  readonly file: string;
  readonly stateDir: string;
  /** From the configuration, or null when it is a kept one. */
  readonly token: string | null;
  /** Why the configured token cannot be read here, or null. */
  readonly tokenProblem: string | null;
  /** Whether there is an admin listener at all. */
  readonly admin: boolean;
}

interface WrittenParts {
  readonly state_dir?: unknown;
  readonly admin?: unknown;
}

/**
 * The state folder of a configuration. Only the keys that matter here are read: at night, `nano apps` has to work beside
 * a nano.json with mistakes in it, and without the variables that the running NANO was given.
 * @throws {CliError} INTERNAL when there is no such file
 */
export async function localState(option: string | null, io: CliIo): Promise<LocalState> {
  const file = configPath(option, io);
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
  const read = (document: object) => resolveConfig(document, { file, baseDir: dirname(file), hostEnv: io.env });
  const place = typeof state_dir === "string" ? { state_dir } : {};
  const whole = admin === undefined ? place : { ...place, admin };
  // A mistake in another key of `admin` hides its token from nobody.
  const token = isRecord(admin) && "token" in admin ? { ...place, admin: { token: admin["token"] } } : place;
  let problem: string | null = null;
  for (const document of [whole, token, place, {}]) {
    try {
      const { stateDir, admin } = await read(document);
      const isOn = admin !== false;
      return { file, stateDir, token: isOn ? admin.token : null, tokenProblem: problem, admin: isOn };
    } catch (error) {
      if (!(error instanceof NanoError)) throw error;
      // The environment of the running NANO may hold what ours does not: the kept token is tried then.
      problem = error.details.find((detail) => detail.startsWith("admin.token")) ?? null;
    }
  }
  throw new CliError("CONFIG_INVALID", `Cannot read "${file}"`);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

/** `nano check` is there to tell mistakes; the keys that matter can mostly be read all the same. */
function writtenParts(text: string): WrittenParts {
  try {
    const document: unknown = parse(text.replace(/^\ufeff/, ""));
    return isRecord(document) ? document : {};
  } catch {
    // Nested so deep that the stack ends.
    return {};
  }
}
