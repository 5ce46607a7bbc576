/** Finds the folder of a database's migrations from what lies where a command was typed. */
import { join } from "node:path";
import { loadConfig, type MigrationsConfig } from "../../../runtime/mod.ts";
import type { CliIo } from "../terminal/cli_io.ts";
import { findProject } from "./project_in.ts";

/** A database with its migrations. */
interface Known {
  /** Each of them means it. */
  readonly names: readonly string[];
  readonly migrations: MigrationsConfig | null;
}

/**
 * The folder, which need not exist yet.
 * @param database its name, its id, or its binding
 * @throws {CliError} USAGE when a wrangler file cannot be read
 */
export async function migrationsFolder(database: string, io: Pick<CliIo, "cwd" | "env">): Promise<string> {
  const known = [...await ofProject(io.cwd), ...await ofConfig(join(io.cwd, "nano.json"), io)];
  const folders = known.find(({ names }) => names.includes(database))?.migrations?.folders ?? [];
  for (const folder of folders) if (await isFolder(folder)) return folder;
  return folders[0] ?? join(io.cwd, "migrations");
}

async function ofProject(folder: string): Promise<Known[]> {
  const project = await findProject(folder, null);
  return (project?.bindings ?? []).flatMap((binding) =>
    binding.kind === "d1"
      ? [{ names: [binding.name, binding.id, binding.title ?? binding.id], migrations: binding.migrations }]
      : []
  );
}

/** A nano.json with mistakes in it holds nobody up. */
async function ofConfig(file: string, io: Pick<CliIo, "env">): Promise<Known[]> {
  try {
    const { apps } = await loadConfig(file, { hostEnv: io.env });
    return apps.flatMap(({ bindings }) =>
      bindings.flatMap((one) => one.kind === "d1" ? [{ names: [one.store, one.name], migrations: one.migrations }] : [])
    );
  } catch {
    return [];
  }
}

async function isFolder(path: string): Promise<boolean> {
  return await Deno.stat(path).then(({ isDirectory }) => isDirectory, () => false);
}
