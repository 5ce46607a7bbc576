/** `nano fleet`: looks at the fleet, founds and joins it, and looks after it. */
import { dirname, resolve } from "node:path";
import { deployedParts, messageOf, packFolder } from "../../../runtime/mod.ts";
import { AdminError } from "../../client/client.ts";
import { CliError } from "../../process/cli_error.ts";
import type { AppDetail } from "../../schemas/app_schemas.ts";
import type { FleetAnswer } from "../../schemas/fleet_schemas.ts";
import type { Command } from "../line/command.ts";
import { fleetLines } from "../online/fleet_lines.ts";
import { failedNodes, type Spread, spreadLine, spreadOf } from "../online/fleet_spread.ts";
import { type Online, onlineCommand } from "../online/online_command.ts";
import { shortCommand } from "../online/short_command.ts";

const REPLACE = (summary: string) => ({ name: "replace", value: null, summary }) as const;

/** By name. */
export const commands: Readonly<Record<string, Command>> = {
  "fleet status": shortCommand({
    doc: {
      name: "fleet status",
      summary: "Show the nodes of the fleet",
      description: [
        "Shows every node that has told of itself in the last seconds: how far it is, how many of its apps take requests, " +
        "what does not work there, and in what it differs from the others.",
      ],
      arguments: [],
      examples: [{ command: "nano fleet status", meaning: "a table; the node that was asked has a star" }],
    },
    ask: ({ client }) => client.fleet.view(),
    tell,
  }),
  "fleet found": shortCommand({
    doc: {
      name: "fleet found",
      summary: "Make what a node has the state of a new fleet",
      description: [
        "Gives the engine all apps that this node's admin API keeps, with the files of their versions. Nodes that have " +
        "none of their own follow by themselves.",
      ],
      arguments: [],
      examples: [{ command: "nano fleet found", meaning: "once, on the first node" }],
    },
    ask: ({ client }) => client.fleet.found(),
    tell,
  }),
  "fleet join": shortCommand({
    doc: {
      name: "fleet join",
      summary: "Make a node follow the engine's fleet",
      description: [
        "For a node that has apps of its own, or was of another fleet: what the fleet does not know goes, with --replace.",
      ],
      arguments: [],
      examples: [{ command: "nano fleet join --replace", meaning: "the fleet's apps in the place of this node's" }],
    },
    options: [REPLACE("give up apps of this node that the fleet does not know")],
    ask: ({ client, line }) => client.fleet.join(line.flag("replace")),
    tell,
  }),
  "fleet restore": shortCommand({
    doc: {
      name: "fleet restore",
      summary: "Give an engine that has lost its fleet what a node has",
      description: [
        "Makes a new fleet of what this node has. Others then join it: nano fleet join --replace.",
      ],
      arguments: [],
      examples: [{ command: "nano fleet restore", meaning: "after the engine's disks were lost" }],
    },
    options: [REPLACE("end another fleet that the engine has")],
    ask: ({ client, line }) => client.fleet.restore(line.flag("replace")),
    tell,
  }),
  "fleet retry": shortCommand({
    doc: {
      name: "fleet retry",
      summary: "Try now what could not be in force on a node",
      description: ["A node tries by itself again, after 30 s at first and each 10 min in the end."],
      arguments: [],
      examples: [{ command: "nano fleet retry", meaning: "once the missing variable is there, say" }],
    },
    ask: ({ client }) => client.fleet.retry(),
    tell,
  }),
  "fleet apply": onlineCommand({
    doc: {
      name: "fleet apply",
      summary: "Deploy the apps of a nano.json to the fleet",
      description: [
        "Sends the folder of each app as a version, with its other keys. Apps that the node's own nano.json names are " +
        "left out: they are that node's alone.",
      ],
      arguments: [{ name: "FILE", required: true, completes: "file" }],
      examples: [{ command: "nano fleet apply nano.json", meaning: "from one machine to many" }],
    },
    options: [],
    run: apply,
  }),
};

function tell(fleet: FleetAnswer, { io }: Online): readonly string[] {
  return fleetLines(fleet, io);
}

async function apply({ line, io, client }: Online): Promise<number> {
  const file = resolve(io.cwd, line.required("FILE"));
  let failures = 0;
  for (const app of await appsOf(file)) {
    try {
      const version = await applyOne(client, dirname(file), app);
      io.out(`App "${app.name}": ${version}`);
      const { revision } = await client.fleet.view();
      const onNode = (spread: Spread) => io.out(spreadLine(spread));
      failures += failedNodes(await spreadOf(client, { app: app.name, revision, onNode })).length;
    } catch (error) {
      if (!(error instanceof AdminError)) throw error;
      io.err(`nano: App "${app.name}" was not applied: ${error.message}`);
      failures++;
    }
  }
  return failures === 0 ? 0 : 1;
}

/** An app that is there has its keys before its code, which may not start without them. @returns the version */
async function applyOne(client: Online["client"], base: string, { name, path, ...keys }: WrittenApp): Promise<string> {
  const found = await appOf(client, name);
  if (found?.origin?.source === "file") {
    throw new AdminError("CONFLICT", "nano.json of that node names it, so that it is this node's alone");
  }
  const folder = resolve(base, path);
  const { stream } = await packFolder(folder, await deployedParts(folder));
  try {
    if (found !== null && Object.keys(keys).length > 0) await client.changeApp(name, keys);
  } catch (error) {
    await stream.cancel();
    throw error;
  }
  return (await client.deploy(name, stream, { create: true, keys })).version;
}

interface WrittenApp extends Record<string, unknown> {
  readonly name: string;
  readonly path: string;
}

async function appsOf(file: string): Promise<readonly WrittenApp[]> {
  try {
    const { apps = [] } = JSON.parse(await Deno.readTextFile(file)) as { readonly apps?: readonly WrittenApp[] };
    const wrong = apps.find(({ name, path }) => typeof name !== "string" || typeof path !== "string");
    if (wrong === undefined) return apps;
    throw new Error('every app needs a "name" and a "path"');
  } catch (cause) {
    throw new CliError("USAGE", `Cannot apply "${file}": ${messageOf(cause)}`);
  }
}

async function appOf(client: Online["client"], name: string): Promise<AppDetail | null> {
  try {
    return await client.app(name);
  } catch (error) {
    if (error instanceof AdminError && error.code === "NOT_FOUND") return null;
    throw error;
  }
}
