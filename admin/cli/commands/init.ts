/** `nano init`: writes a small project that serves at once. */
import { join, relative, resolve } from "node:path";
import { CliError } from "../../process/cli_error.ts";
import type { Command } from "../line/command.ts";
import { devAppName } from "../host/dev_document.ts";
import { projectFiles } from "../host/project_files.ts";

export const command: Command = {
  doc: {
    name: "init",
    summary: "Write a new project",
    description: [
      "Writes a small project that serves at once: an app, nano.json, .gitignore and a README. It asks nothing and never " +
      "overwrites a file.",
    ],
    arguments: [{ name: "FOLDER", required: false, completes: "folder" }],
    examples: [
      { command: "nano init hello", meaning: "makes the folder hello" },
      { command: "nano init", meaning: "fills this folder" },
    ],
    exitCodes: { 1: "a file is there already, or the folder cannot be written" },
  },
  options: [],
  async run(line, io) {
    const folder = resolve(io.cwd, line.argument("FOLDER") ?? ".");
    const name = devAppName(folder, false);
    await writeProject(folder, projectFiles(name));
    const shown = relative(io.cwd, folder);
    const place = shown === "" ? "." : shown.startsWith("..") ? folder : shown;
    io.out(`Wrote app "${name}" to ${place === "." ? "this folder" : place}`);
    io.out("");
    io.out("Next:");
    io.out(`  nano dev ${quoted(place)}`);
    io.out(`  nano start${place === "." ? "" : ` --config ${quoted(join(place, "nano.json"))}`}`);
    return 0;
  },
};

/** Writes all of the files or, when one of them is there already, none. */
async function writeProject(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  const present = [];
  for (const name of Object.keys(files)) if (await exists(join(folder, name))) present.push(name);
  if (present.length > 0) {
    throw new CliError(
      "INTERNAL",
      `Cannot start a project in "${folder}": ${present.map((name) => `"${name}"`).join(", ")} ` +
        `${present.length === 1 ? "is" : "are"} there already, and nothing is overwritten; name another folder`,
    );
  }
  const written: string[] = [];
  try {
    await Deno.mkdir(folder, { recursive: true });
    for (const [name, text] of Object.entries(files)) {
      await Deno.writeTextFile(join(folder, name), text, { createNew: true });
      written.push(name);
    }
  } catch (error) {
    for (const name of written) await Deno.remove(join(folder, name));
    const reason = error instanceof Error ? error.message : String(error);
    throw new CliError("INTERNAL", `Cannot write a project to "${folder}": ${reason}`);
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await Deno.lstat(path);
    return true;
  } catch (error) {
    // What stands in the way of the folder itself is told by the attempt to write.
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return false;
    throw error;
  }
}

/** As a shell takes it. */
function quoted(path: string): string {
  return /^[\w./@%+=:,-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}
