/** Finds the configuration file of a command, and says what to do when there is none. */
import { resolve } from "node:path";
import { CliError } from "../../process/cli_error.ts";
import type { CliIo } from "../terminal/cli_io.ts";

const EXAMPLE = '{ "apps": [{ "name": "hello", "path": "./hello", "hostname": "hello.localhost" }] }';

/**
 * The absolute path of the configuration.
 *
 * @param option value of `--config`, or null for nano.json in the working directory
 * @throws {CliError} CONFIG_INVALID when the file does not exist
 */
export function configFile(option: string | null, io: CliIo): string {
  const file = configPath(option, io);
  if (isThere(file)) return file;
  if (option !== null) throw new CliError("CONFIG_INVALID", `Cannot find configuration "${file}"`);
  throw new CliError(
    "CONFIG_INVALID",
    `Cannot find nano.json in "${io.cwd}".\n\nWrite one, for example:\n\n  ${EXAMPLE}\n\n` +
      `or name another file:                 nano start --config FILE\n` +
      `or serve one app without a configuration: nano dev PATH`,
  );
}

/** The path of the configuration, whether it is there or not. */
export function configPath(option: string | null, io: CliIo): string {
  const file = resolve(io.cwd, option ?? "nano.json");
  if (option !== null || (io.root ?? null) === null || isThere(file)) return file;
  return resolve(io.root!, "nano.json");
}

function isThere(file: string): boolean {
  try {
    Deno.statSync(file);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return false;
    throw error;
  }
}
