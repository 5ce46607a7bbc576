/** `nano init`: writes a small project that serves at once. */
import { join, relative, resolve } from "node:path";
import { CliError } from "../../process/cli_error.ts";
import type { Command } from "../line/command.ts";
import { devAppName } from "../host/dev_document.ts";
import { initFrom } from "../host/init_from.ts";
import { projectFiles } from "../host/project_files.ts";

export const command: Command = {
  doc: {
    name: "init",
    summary: "Write a new project",
    description: [
      "Writes a small project that serves at once: an app, nano.json, .gitignore and a README. It asks nothing and never " +
      "overwrites a file.",
      "With --from it makes an app of a Workers project instead: in a new nano.json, or added to the one that is there, " +
      "whose comments stay. It tells what was taken of the project, and what of it NANO does not have.",
    ],
    arguments: [{ name: "FOLDER", required: false, completes: "folder" }],
    examples: [
      { command: "nano init hello", meaning: "makes the folder hello" },
      { command: "nano init", meaning: "fills this folder" },
      { command: "nano init --from ../shop", meaning: "adds the Workers project in ../shop to ./nano.json" },
    ],
    exitCodes: { 1: "a file is there already, or the folder cannot be written" },
  },
  options: [
    { name: "from", value: "DIR", summary: "make an app of the Workers project in this folder", completes: "folder" },
    { name: "env", value: "NAME", summary: "with --from: an environment of the project's wrangler file" },
  ],
  async run(line, io) {
    const folder = resolve(io.cwd, line.argument("FOLDER") ?? ".");
    const from = line.text("from");
    if (from === null && line.text("env") !== null) throw new CliError("USAGE", "Option --env needs --from DIR");
    if (from !== null) {
      const { name, isAdded, lines } = await initFrom(resolve(io.cwd, from), folder, line.text("env"));
      io.out(`${isAdded ? "Added" : "Wrote"} app "${name}" to ${relative(io.cwd, join(folder, "nano.json"))}`);
      for (const text of lines) io.out(text);
      return 0;
    }
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
