/** The Workers project of a folder, for commands that need one. */
import { join } from "node:path";
import { readWorkersProject, type WorkersProject, WranglerFileError } from "../../../runtime/mod.ts";
import { CliError } from "../../process/cli_error.ts";
import { devAppName } from "./dev_document.ts";

/**
 * Reads it.
 * @param folder absolute path @param environment one of the project's file; null for its top level
 * @returns null where there is no wrangler file
 * @throws {CliError} USAGE when the file cannot be read, or has no such environment
 */
export async function findProject(folder: string, environment: string | null): Promise<WorkersProject | null> {
  try {
    return await readWorkersProject(folder, environment);
  } catch (error) {
    if (!(error instanceof WranglerFileError)) throw error;
    throw new CliError("USAGE", `Cannot read the project in "${folder}": ${error.message}`);
  }
}

/** The same. @throws {CliError} USAGE also when there is none */
export async function projectIn(folder: string, environment: string | null): Promise<WorkersProject> {
  const project = await findProject(folder, environment);
  if (project !== null) return project;
  throw new CliError("USAGE", `Cannot read a project in "${folder}": there is no wrangler.json, .jsonc or .toml`);
}

/** What an app of it is called: as the Worker, else as the folder. */
export function projectAppName({ name }: WorkersProject, folder: string): string {
  return devAppName(join("/", name ?? folder.split("/").at(-1)!), false);
}
