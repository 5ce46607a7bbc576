/** The commands by name: one line a command, in the order of the help; a test holds it to what the folder has. */
import { type Command, docOf } from "./line/command.ts";
import type { CommandDoc } from "./line/command_doc.ts";

/** What a module of `commands/` exports. */
type CommandModule = { readonly command: Command } | { readonly commands: Readonly<Record<string, Command>> };

const shortCommands = () => import("./commands/short_commands.ts");

/**
 * Loaded on use, so that the guardian's process stays small; each path is written out, since a compiled binary and JSR
 * see such imports only.
 */
const MODULES: Readonly<Record<string, () => Promise<CommandModule>>> = {
  start: () => import("./commands/start.ts"),
  dev: () => import("./commands/dev.ts"),
  init: () => import("./commands/init.ts"),
  check: () => import("./commands/check.ts"),
  eval: () => import("./commands/eval.ts"),
  token: () => import("./commands/token.ts"),
  completions: () => import("./commands/completions.ts"),
  apps: () => import("./commands/apps.ts"),
  deploy: () => import("./commands/deploy.ts"),
  versions: shortCommands,
  rollback: shortCommands,
  rollout: shortCommands,
  restart: shortCommands,
  drain: shortCommands,
  remove: shortCommands,
  logs: () => import("./commands/logs.ts"),
  events: () => import("./commands/events.ts"),
  history: () => import("./commands/history.ts"),
  reload: shortCommands,
};

/** In the order of the help. */
export const COMMAND_NAMES: readonly string[] = Object.keys(MODULES);

/** Loads a command. @returns null when there is none of that name */
export async function findCommand(name: string): Promise<Command | null> {
  if (!Object.hasOwn(MODULES, name)) return null;
  const module = await MODULES[name]!();
  return "command" in module ? module.command : module.commands[name] ?? null;
}

/** What is written down of a command. @returns null when there is none of that name */
export async function findCommandDoc(name: string): Promise<CommandDoc | null> {
  const command = await findCommand(name);
  return command === null ? null : docOf(command);
}

/** All commands in the order of the help: what help, completions and the docs page are made from. */
export async function commandDocs(): Promise<readonly CommandDoc[]> {
  return await Promise.all(COMMAND_NAMES.map(async (name) => (await findCommandDoc(name))!));
}
