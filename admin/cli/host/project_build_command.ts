/** Runs the build command of a Workers project: `--build`, an act of who typed it. */
import { CliError } from "../../process/cli_error.ts";
import type { CliIo } from "../terminal/cli_io.ts";
import { findProject } from "./project_in.ts";

/** The option, for `nano dev` and `nano deploy`. */
export const BUILD_OPTION = {
  name: "build",
  value: null,
  summary: "first run build.command of the folder's wrangler file",
} as const;

/**
 * Runs it to its end; its output goes where that of the command goes.
 * @throws {CliError} USAGE when the folder has none, INTERNAL when it fails
 */
export async function runBuildCommand(folder: string, environment: string | null, io: CliIo): Promise<void> {
  const command = (await findProject(folder, environment))?.build.command ?? null;
  if (command === null) {
    throw new CliError("USAGE", `Cannot build "${folder}": no wrangler file in it has a "build.command"`);
  }
  io.err(`Running ${command.text}`);
  let code: number;
  try {
    // Wrangler runs it by the shell, too.
    const child = new Deno.Command("sh", {
      args: ["-c", command.text],
      cwd: command.cwd,
      stdin: "null",
      // What a program reads from stdout is this command's own.
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    await child.stdout.pipeTo(Deno.stderr.writable, { preventClose: true });
    ({ code } = await child.status);
  } catch (error) {
    throw new CliError("INTERNAL", `Cannot run "${command.text}": ${error instanceof Error ? error.message : error}`);
  }
  if (code !== 0) throw new CliError("INTERNAL", `Cannot build "${folder}": "${command.text}" ended with code ${code}`);
}
