/** The Workers project of a folder, for commands that need one. */
import { join } from "node:path";
import { readWorkersProject, type WorkersProject, WranglerFileError } from "../../../runtime/mod.ts";
import { CliError } from "../../process/cli_error.ts";
import { devAppName } from "./dev_document.ts";

/**
 * Reads it.
 * @param folder absolute path @param environment one of the project's file; null for its top level
 * @throws {CliError} USAGE when it is no project, or has no such environment
 */
export async function projectIn(folder: string, environment: string | null): Promise<WorkersProject> {
  try {
    const project = await readWorkersProject(folder, environment);
    if (project !== null) return project;
  } catch (error) {
    if (!(error instanceof WranglerFileError)) throw error;
    throw new CliError("USAGE", `Cannot read the project in "${folder}": ${error.message}`);
  }
  throw new CliError("USAGE", `Cannot read a project in "${folder}": there is no wrangler.json, .jsonc or .toml`);
}

/** What an app of it is called: as the Worker, else as the folder. */
export function projectAppName({ name }: WorkersProject, folder: string): string {
  return devAppName(join("/", name ?? folder.split("/").at(-1)!), false);
}
