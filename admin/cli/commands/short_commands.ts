/** The commands that ask one thing and tell the answer: a row each. */
import type { AppDetail, DrainReport, Version } from "../../schemas/app_schemas.ts";
import type { Command } from "../line/command.ts";
import { type CommandLine, wholeNumber } from "../line/command_line.ts";
import { APP } from "../line/usual_options.ts";
import type { Online } from "../online/online_command.ts";
import { reloadLines } from "../online/reload_lines.ts";
import { shortCommand } from "../online/short_command.ts";
import { drainText, watchDrain } from "../online/watch_drain.ts";
import { wantsColor } from "../terminal/cli_io.ts";
import { bytesText, latencyText } from "../../schemas/figures.ts";
import { timeText } from "../terminal/text_style.ts";
import { type Column, tableLines } from "../terminal/text_table.ts";

const VERSION_COLUMNS: readonly Column<Version>[] = [
  { title: "VERSION", value: ({ version }) => version },
  {
    title: "ROLE",
    value: ({ role }) => role,
    style: ({ role }) => role === "active" ? "green" : role === "kept" ? "dim" : "yellow",
  },
  { title: "DEPLOYED", value: ({ created_at }) => timeText(created_at) },
  { title: "FILES", value: ({ files }) => String(files), right: true },
  { title: "SIZE", value: ({ bytes }) => bytesText(bytes), right: true },
  { title: "BY", value: ({ actor }) => actor, shrinks: true },
  { title: "PREVIEW", value: ({ preview_host }) => preview_host ?? "-", shrinks: true },
  { title: "NOTE", value: ({ note }) => note, shrinks: true },
];

/** By name. */
export const commands: Readonly<Record<string, Command>> = {
  versions: shortCommand({
    doc: {
      name: "versions",
      summary: "List the versions of an app",
      description: ["Lists what was deployed of an app, newest first, and which version serves."],
      arguments: [APP],
      examples: [{ command: "nano versions shop", meaning: "a table" }],
    },
    ask: ({ line, client }) => client.versions(appOf(line)),
    json: (versions, line) => ({ app: appOf(line), versions }),
    tell: (versions, { line, io }) =>
      versions.length === 0
        ? [
          `Nothing was deployed of app "${appOf(line)}": its path serves. ` +
          `nano deploy FOLDER --name ${appOf(line)} deploys a version`,
        ]
        : tableLines(versions, VERSION_COLUMNS, { columns: io.columns, color: wantsColor(io) }),
  }),
  rollback: shortCommand({
    doc: {
      name: "rollback",
      summary: "Go back to an earlier version",
      description: [
        "Goes back to the version that served before, or to the one that is named; `path` is the code of nano.json. An " +
        "open rollout ends.",
      ],
      arguments: [APP, { name: "VERSION", required: false }],
      examples: [
        { command: "nano rollback shop", meaning: "the version before" },
        { command: "nano rollback shop v3", meaning: "a version of the list" },
      ],
    },
    ask: ({ line, client }) => client.rollback(appOf(line), line.argument("VERSION")),
    json: (version, line) => ({ app: appOf(line), version }),
    tell: (version, { line }) => [
      version === "path"
        ? `App "${appOf(line)}" is served from its path again`
        : `App "${appOf(line)}" is served by ${version}`,
    ],
  }),
  rollout: shortCommand({
    doc: {
      name: "rollout",
      summary: "Change how many requests a version gets",
      description: [
        "Gives a version a part of the requests. 0 ends the rollout, 100 makes the version the one that serves.",
      ],
      arguments: [APP, { name: "VERSION", required: true }, { name: "PERCENT", required: true }],
      examples: [
        { command: "nano rollout shop v4 50", meaning: "half of the requests" },
        { command: "nano rollout shop v4 100", meaning: "done: v4 serves all" },
      ],
    },
    check: percentOf,
    ask: ({ line, client }) => client.rollout(appOf(line), line.required("VERSION"), percentOf(line)),
    tell: (detail, { line }) => [rolloutText(detail, line)],
  }),
  restart: shortCommand({
    doc: {
      name: "restart",
      summary: "Restart an app without losing a request",
      description: [
        "Boots another isolate of the same code, swaps it in, then drains the old one. It ends a drain as well.",
      ],
      arguments: [APP],
      examples: [{ command: "nano restart shop", meaning: "a fresh isolate" }],
    },
    ask: ({ line, client }) => client.restartApp(appOf(line)),
    tell: ({ state, start_seconds }, { line }) => {
      const took = start_seconds === null ? "" : `, started in ${latencyText(start_seconds)}`;
      return [`App "${appOf(line)}" was restarted: ${state}${took}`];
    },
  }),
  drain: shortCommand({
    doc: {
      name: "drain",
      summary: "Take an app out of service",
      description: ["Lets an app finish its requests, then serves it no more; `nano restart` brings it back."],
      arguments: [APP],
      examples: [{ command: "nano drain shop", meaning: "its host answers 503 from now on" }],
    },
    ask: (online) => watched(online, online.client.drainApp(appOf(online.line))),
    tell: (report, { line }) => [
      `App "${appOf(line)}" is out of service: ${drainText(report)}. nano restart ${appOf(line)} brings it back`,
    ],
  }),
  remove: shortCommand({
    doc: {
      name: "remove",
      summary: "Remove an app",
      description: [
        "Removes an app after its requests have finished. An app of nano.json comes back when it is added there anew. It " +
        "asks first when there is a terminal.",
      ],
      arguments: [APP],
      examples: [
        { command: "nano remove shop", meaning: "asks first" },
        { command: "nano remove shop --yes", meaning: "without a question" },
      ],
    },
    options: [{ name: "yes", value: null, summary: "do not ask" }],
    ask: async (online) =>
      await isMeant(online) ? await watched(online, online.client.removeApp(appOf(online.line))) : null,
    tell: (report, { line }) => [`App "${appOf(line)}" was removed: ${drainText(report)}`],
  }),
  reload: shortCommand({
    doc: {
      name: "reload",
      summary: "Read nano.json and the code anew",
      description: [
        "Puts the present nano.json and code in force, all or nothing; when something is wrong, nothing changes.",
      ],
      arguments: [],
      examples: [
        { command: "nano reload --dry-run", meaning: "look first" },
        { command: "nano reload", meaning: "then do it" },
      ],
      exitCodes: { 3: "the configuration was refused; every mistake stands on standard error" },
    },
    options: [{ name: "dry-run", value: null, summary: "only tell what would change" }],
    ask: ({ line, client }) => client.reload({ dryRun: line.flag("dry-run") }),
    tell: (summary, { line }) => reloadLines(summary, line.flag("dry-run")),
  }),
};

function appOf(line: CommandLine): string {
  return line.required("APP");
}

function percentOf(line: CommandLine): number {
  return wholeNumber("Argument PERCENT", line.required("PERCENT").replace(/%$/, ""), { min: 0, max: 100 });
}

function rolloutText({ origin }: AppDetail, line: CommandLine): string {
  const app = appOf(line);
  const version = line.required("VERSION");
  const percent = percentOf(line);
  if (percent === 100) return `App "${app}" is served by ${version}`;
  if (percent > 0) return `Version ${version} of app "${app}" gets ${percent} % of the requests`;
  return `The rollout of ${version} has ended: app "${app}" is served by ${origin?.deployed ?? "its path"}`;
}

/** Waits for a drain and shows how it goes on. */
function watched({ line, io, client }: Online, drain: Promise<DrainReport>): Promise<DrainReport> {
  return watchDrain(drain, { client, io, app: appOf(line), quiet: line.flag("json") });
}

/** Whether an app shall really go. A script, which nobody can ask, says what it means. */
async function isMeant({ line, io, client }: Online): Promise<boolean> {
  if (line.flag("yes")) return true;
  const app = appOf(line);
  // Asked first: a wrong name is better told before the question than after it.
  const { hostnames } = await client.app(app);
  const answer = io.ask(`Remove app "${app}" (${hostnames.join(", ")})? [y/N]`);
  if (answer === null) return true;
  const isYes = /^y(es)?$/i.test(answer.trim());
  if (!isYes) io.err("nano: Nothing was removed");
  return isYes;
}
