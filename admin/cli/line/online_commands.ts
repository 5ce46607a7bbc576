/** The commands that talk to a running NANO, as data. */
import type { ArgumentDoc, CommandDoc, OptionDoc } from "./command_doc.ts";

const APP: ArgumentDoc = { name: "APP", required: true, completes: "app" };
const SOME_APP: ArgumentDoc = { name: "APP", required: false, completes: "app" };
const JSON_OPTION: OptionDoc = { name: "json", value: null, summary: "JSON for programs, as the admin API gives it" };

/** How a running NANO is found; every online command takes these. */
export const CONNECTION: readonly OptionDoc[] = [
  {
    name: "config",
    value: "FILE",
    summary: "find the NANO that runs with this configuration (nano.json in this folder)",
    completes: "file",
  },
  { name: "url", value: "URL", summary: "the admin listener (else NANO_ADMIN_URL, else by the configuration)" },
  { name: "token", value: "TOKEN", summary: "its token (else NANO_ADMIN_TOKEN, else by the configuration)" },
];

interface Written extends Pick<CommandDoc, "name" | "summary" | "description" | "arguments" | "options" | "examples"> {
  readonly exitCodes?: CommandDoc["exitCodes"];
}

const WRITTEN: readonly Written[] = [
  {
    name: "apps",
    summary: "List the apps, or show one",
    description: ["Lists the apps with their state and figures; with a name it shows that app in full."],
    arguments: [SOME_APP],
    options: [JSON_OPTION, { name: "watch", value: null, summary: "show it anew every two seconds, until Ctrl+C" }],
    examples: [
      { command: "nano apps", meaning: "a table" },
      { command: "nano apps shop", meaning: "all about one app" },
      { command: "nano apps --json | jq -r '.apps[] | select(.state == \"failed\").name'", meaning: "for a program" },
    ],
  },
  {
    name: "deploy",
    summary: "Deploy a folder or an archive",
    description: [
      "Sends a folder, a zip or a tar.gz as a new version of an app. It is booted first and takes over without a lost " +
      "request; when it cannot start, the old version serves on. An app that does not exist is made.",
      "Of a folder are left out: .env*, .dev.vars*, .npmrc, .git, .nano, and what .gitignore and .nanoignore name; the " +
      "latter wins, also with a negation. Installed packages go along as far as `dependencies` reach them.",
    ],
    arguments: [{ name: "PATH", required: true, completes: "file" }],
    options: [
      { name: "name", value: "APP", summary: "the app (name of package.json, else of the folder)", completes: "app" },
      { name: "hostname", value: "HOST", summary: "host of an app that is made (<name>.localhost)", repeats: true },
      { name: "percent", value: "N", summary: "give the version this part of the requests, and watch its errors" },
      { name: "preview", value: null, summary: "serve the version on a host of its own only" },
      { name: "note", value: "TEXT", summary: "a word for the list of versions" },
      { name: "verbose", value: null, summary: "name every file and folder that is left out" },
      JSON_OPTION,
    ],
    examples: [
      { command: "nano deploy ./shop", meaning: "all requests go to the new version" },
      { command: "nano deploy ./shop --preview", meaning: "look at it first, on its own host" },
      { command: 'nano deploy ./shop --percent 10 --note "new checkout"', meaning: "a tenth of the requests" },
      { command: "nano deploy shop.tar.gz --name shop --hostname shop.example.com", meaning: "an archive, a new app" },
    ],
  },
  {
    name: "versions",
    summary: "List the versions of an app",
    description: ["Lists what was deployed of an app, newest first, and which version serves."],
    arguments: [APP],
    options: [JSON_OPTION],
    examples: [{ command: "nano versions shop", meaning: "a table" }],
  },
  {
    name: "rollback",
    summary: "Go back to an earlier version",
    description: [
      "Goes back to the version that served before, or to the one that is named; `path` is the code of nano.json. An " +
      "open rollout ends.",
    ],
    arguments: [APP, { name: "VERSION", required: false }],
    options: [JSON_OPTION],
    examples: [
      { command: "nano rollback shop", meaning: "the version before" },
      { command: "nano rollback shop v3", meaning: "a version of the list" },
    ],
  },
  {
    name: "rollout",
    summary: "Change how many requests a version gets",
    description: [
      "Gives a version a part of the requests. 0 ends the rollout, 100 makes the version the one that serves.",
    ],
    arguments: [APP, { name: "VERSION", required: true }, { name: "PERCENT", required: true }],
    options: [JSON_OPTION],
    examples: [
      { command: "nano rollout shop v4 50", meaning: "half of the requests" },
      { command: "nano rollout shop v4 100", meaning: "done: v4 serves all" },
    ],
  },
  {
    name: "restart",
    summary: "Restart an app without losing a request",
    description: [
      "Boots another isolate of the same code, swaps it in, then drains the old one. It ends a drain as well.",
    ],
    arguments: [APP],
    options: [JSON_OPTION],
    examples: [{ command: "nano restart shop", meaning: "a fresh isolate" }],
  },
  {
    name: "drain",
    summary: "Take an app out of service",
    description: ["Lets an app finish its requests, then serves it no more; `nano restart` brings it back."],
    arguments: [APP],
    options: [JSON_OPTION],
    examples: [{ command: "nano drain shop", meaning: "its host answers 503 from now on" }],
  },
  {
    name: "remove",
    summary: "Remove an app",
    description: [
      "Removes an app after its requests have finished. An app of nano.json comes back when it is added there anew. It " +
      "asks first; without a terminal it wants --yes.",
    ],
    arguments: [APP],
    options: [{ name: "yes", value: null, summary: "do not ask" }, JSON_OPTION],
    examples: [
      { command: "nano remove shop", meaning: "asks first" },
      { command: "nano remove shop --yes", meaning: "in a script" },
    ],
  },
  {
    name: "logs",
    summary: "Show what the apps wrote",
    description: [
      "Shows the last lines of an app's console with its exceptions, or of all apps. With --follow it goes on with every " +
      "new line, requests included, until Ctrl+C; when NANO restarts, it waits for it.",
    ],
    arguments: [SOME_APP],
    options: [
      { name: "follow", value: null, summary: "go on with new lines until Ctrl+C" },
      {
        name: "level",
        value: "LEVEL",
        summary: "this level and above: debug, info, warn, error",
        completes: ["debug", "info", "warn", "error"],
      },
      { name: "grep", value: "TEXT", summary: "only lines with this text, whatever its case" },
      { name: "status", value: "STATUS", summary: "only requests with this status: 404, or 5xx" },
      { name: "method", value: "METHOD", summary: "only requests with this method" },
      { name: "sample", value: "SHARE", summary: "only this share of the lines, above 0 to 1" },
      { name: "limit", value: "N", summary: "how many of the last lines (100)" },
      { name: "json", value: null, summary: "one JSON record a line" },
    ],
    examples: [
      { command: "nano logs shop", meaning: "the last lines" },
      { command: "nano logs shop --follow --level warn", meaning: "what goes wrong from now on" },
      { command: "nano logs --follow --status 5xx --json", meaning: "failed requests of all apps, for a program" },
    ],
  },
  {
    name: "events",
    summary: "Follow what happens in NANO",
    description: [
      "Tells what happens, until Ctrl+C: starts, ends, reloads, deploys. When NANO restarts, it waits for it.",
    ],
    arguments: [],
    options: [{ name: "json", value: null, summary: "one JSON record a line" }],
    examples: [{ command: "nano events", meaning: "for people" }, {
      command: "nano events --json",
      meaning: "for programs",
    }],
  },
  {
    name: "history",
    summary: "Show who changed what",
    description: [
      "Shows the changes that were asked for, newest first: who, when, what, and why not when it was refused.",
    ],
    arguments: [SOME_APP],
    options: [{ name: "limit", value: "N", summary: "how many changes, up to 500 (50)" }, JSON_OPTION],
    examples: [
      { command: "nano history", meaning: "of all apps" },
      { command: "nano history shop --limit 10", meaning: "of one app" },
    ],
  },
  {
    name: "reload",
    summary: "Read nano.json and the code anew",
    description: [
      "Puts the present nano.json and code in force, all or nothing; when something is wrong, nothing changes.",
    ],
    arguments: [],
    options: [{ name: "dry-run", value: null, summary: "only tell what would change" }, JSON_OPTION],
    examples: [
      { command: "nano reload --dry-run", meaning: "look first" },
      { command: "nano reload", meaning: "then do it" },
    ],
    exitCodes: { 3: "the configuration was refused; every mistake stands on standard error" },
  },
];

/** In the order of the help. */
export const ONLINE_COMMANDS: readonly CommandDoc[] = WRITTEN.map((command) => ({
  rest: null,
  exitCodes: {},
  ...command,
  options: [...command.options, ...CONNECTION],
  online: true,
}));
