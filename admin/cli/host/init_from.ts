/** `nano init --from`: makes an app of a Workers project, in a new nano.json or in one that is there. */
import { parse } from "dotenv";
import { join, relative } from "node:path";
import { JsonSyntaxError, withAddedApp, type WorkersProject } from "../../../runtime/mod.ts";
import { CliError } from "../../process/cli_error.ts";
import { projectAppName, projectIn } from "./project_in.ts";

/** What was done. */
export interface InitializedProject {
  readonly name: string;
  /** Whether nano.json was there. */
  readonly isAdded: boolean;
  /** For people: what holds from now on, and what does not. */
  readonly lines: readonly string[];
}

/**
 * Writes it.
 * @param from absolute path of the project's folder @param folder absolute path of nano.json's folder
 * @param environment one of the project's file; null for its top level
 * @throws {CliError} USAGE when it is no project, INTERNAL when nano.json cannot be written
 */
export async function initFrom(
  from: string,
  folder: string,
  environment: string | null,
): Promise<InitializedProject> {
  const project = await projectIn(from, environment);
  const name = projectAppName(project, from);
  const path = relative(folder, from);
  const entry = {
    name,
    path: path === "" ? "." : path.startsWith("..") ? path : `./${path}`,
    // The names of the machine that wrangler deploys to stay; at the desk there is one more.
    hostname: [`${name}.localhost`, ...project.entry.hostname ?? []],
    ...environment === null ? {} : { wrangler: environment },
  };
  const isAdded = await write(join(folder, "nano.json"), entry);
  return { name, isAdded, lines: [...takenLines(from, project, entry.hostname), ...await missingLines(from, project)] };
}

/** @returns whether the file was there */
async function write(file: string, entry: { readonly name: string }): Promise<boolean> {
  let before: string | null = null;
  try {
    before = await Deno.readTextFile(file);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw unwritable(file, error);
  }
  try {
    if (before !== null) await Deno.writeTextFile(file, withAddedApp(before, entry));
    else {
      await Deno.mkdir(join(file, ".."), { recursive: true });
      await Deno.writeTextFile(file, JSON.stringify({ apps: [entry] }, null, 2) + "\n", { createNew: true });
    }
  } catch (error) {
    throw unwritable(file, error);
  }
  return before !== null;
}

function unwritable(file: string, error: unknown): CliError {
  const why = error instanceof JsonSyntaxError
    ? `it is no JSON: ${error.message}`
    : error instanceof Error
    ? error.message
    : String(error);
  return new CliError("INTERNAL", `Cannot add an app to "${file}": ${why}`);
}

function takenLines(from: string, project: WorkersProject, hosts: readonly string[]): string[] {
  const { file, main, vars, assets, entry, bindings, services, build } = project;
  const list = (key: string, texts: readonly string[]) => texts.length === 0 ? [] : [`  ${key}  ${texts.join(", ")}`];
  return [
    `Taken of ${file}, which is read at every start:`,
    `  hostname  ${hosts.join(", ")} (in nano.json)`,
    ...main === null ? [] : [`  main  ${relative(from, main)}`],
    ...list("env", Object.keys(vars)),
    ...assets === null ? [] : [`  assets  ${relative(from, assets.path)}`],
    ...list("bindings", bindings.map(({ name, kind }) => `${name} (${kind})`)),
    ...list("crons", (entry.crons ?? []).map(({ schedule }) => schedule)),
    ...list("services", services.map(({ name, service }) => `${name} (app "${service}")`)),
    ...build.command === null ? [] : [`  build  ${build.command.text} (run by hand, or by nano dev --build)`],
  ];
}

async function missingLines(from: string, { missing, notes }: WorkersProject): Promise<string[]> {
  const secrets = await secretNames(from);
  const lines = [
    ...missing.map(({ name, kind, where }) => `  ${where}: env.${name} is a ${kind}`),
    ...notes.map((note) => `  ${note}`),
    ...secrets.length === 0 ? [] : [
      `  .dev.vars is for nano dev: give ${secrets.join(", ")} in "env" as { "from_env": … } or { "from_file": … }`,
    ],
  ];
  return lines.length === 0 ? ["All of it has a counterpart"] : ["Without a counterpart:", ...lines];
}

async function secretNames(from: string): Promise<string[]> {
  try {
    return Object.keys(parse(await Deno.readTextFile(join(from, ".dev.vars"))));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}
