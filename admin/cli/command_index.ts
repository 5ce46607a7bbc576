/** The commands by name: one line a command, in the order of the help; a test holds it to what the folder has. */
import { type Command, docOf } from "./line/command.ts";
import type { CommandDoc } from "./line/command_doc.ts";

/** What a module of `commands/` exports. */
type CommandModule = { readonly command: Command } | { readonly commands: Readonly<Record<string, Command>> };

const shortCommands = () => import("./commands/short_commands.ts");
const backupCommands = () => import("./commands/backup_commands.ts");
const d1Commands = () => import("./commands/d1_commands.ts");
const d1MigrationsCommands = () => import("./commands/d1_migrations_commands.ts");
const fleetCommands = () => import("./commands/fleet_commands.ts");
const queueCommands = () => import("./commands/queue_commands.ts");
const queueChangeCommands = () => import("./commands/queue_change_commands.ts");
const r2Commands = () => import("./commands/r2_commands.ts");
const kvKeyCommands = () => import("./commands/kv_key_commands.ts");
const kvBulkCommands = () => import("./commands/kv_bulk_commands.ts");

/**
 * Loaded on use, so that the guardian's process stays small; each path is written out, since a compiled binary and JSR
 * see such imports only.
 */
const MODULES: Readonly<Record<string, () => Promise<CommandModule>>> = {
  start: () => import("./commands/start.ts"),
  dev: () => import("./commands/dev.ts"),
  init: () => import("./commands/init.ts"),
  check: () => import("./commands/check.ts"),
  doctor: () => import("./commands/doctor.ts"),
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
  backup: backupCommands,
  restore: backupCommands,
  "fleet status": fleetCommands,
  "fleet found": fleetCommands,
  "fleet join": fleetCommands,
  "fleet restore": fleetCommands,
  "fleet retry": fleetCommands,
  "fleet apply": fleetCommands,
  "kv namespace list": kvKeyCommands,
  "kv key list": kvKeyCommands,
  "kv key get": kvKeyCommands,
  "kv key put": kvKeyCommands,
  "kv key delete": kvKeyCommands,
  "kv bulk put": kvBulkCommands,
  "kv bulk get": kvBulkCommands,
  "kv bulk delete": kvBulkCommands,
  "r2 bucket list": r2Commands,
  "r2 object list": r2Commands,
  "r2 object get": r2Commands,
  "r2 object put": r2Commands,
  "r2 object delete": r2Commands,
  "queue list": queueCommands,
  "queue info": queueCommands,
  "queue peek": queueCommands,
  "queue send": queueChangeCommands,
  "queue purge": queueChangeCommands,
  "queue retry": queueChangeCommands,
  "d1 list": d1Commands,
  "d1 execute": d1Commands,
  "d1 export": d1Commands,
  "d1 migrations create": d1MigrationsCommands,
  "d1 migrations list": d1MigrationsCommands,
  "d1 migrations apply": d1MigrationsCommands,
};

/** What the commands of several words are about, by their first word. */
export const COMMAND_GROUPS: Readonly<Record<string, string>> = {
  d1: "Look at D1 databases, run SQL on them, apply migrations",
  fleet: "Look at the nodes of a fleet, found and join it, restore what its engine lost",
  kv: "Look at and change what apps keep in KV namespaces",
  queue: "Look at queues, send to them, put dead letters back",
  r2: "Look at R2 buckets, get and put objects",
};

/** The most words that the name of a command has. */
const MAX_WORDS = 3;

/** In the order of the help. */
export const COMMAND_NAMES: readonly string[] = Object.keys(MODULES);

/** Takes the name of a command off the words that begin with it: the longest that there is, or null. */
export function nameOf(words: readonly string[]): string | null {
  for (let count = Math.min(MAX_WORDS, words.length); count > 0; count--) {
    const name = words.slice(0, count).join(" ");
    if (Object.hasOwn(MODULES, name)) return name;
  }
  return null;
}

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
  const docs: CommandDoc[] = [];
  // One after the other: for each import under way Deno walks the whole graph, and all at once took 2.5 s instead of 0.6.
  for (const name of COMMAND_NAMES) docs.push((await findCommandDoc(name))!);
  return docs;
}
