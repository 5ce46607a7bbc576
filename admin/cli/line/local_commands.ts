/** The commands that need no running NANO, as data. */
import type { CommandDoc, OptionDoc } from "./command_doc.ts";
import { CONNECTION } from "./online_commands.ts";

const CONFIG: OptionDoc = {
  name: "config",
  value: "FILE",
  summary: "the configuration (nano.json in this folder)",
  completes: "file",
};

/** In the order of the help. */
export const LOCAL_COMMANDS: readonly CommandDoc[] = [
  {
    name: "start",
    summary: "Serve the apps of nano.json",
    description: [
      "Serves the apps of nano.json. An edit of it or of an app's files takes effect without a restart.",
      "On a terminal it tells each app with its URL and a link that signs in to the dashboard once; elsewhere, or with " +
      '"log": { "format": "json" }, it writes one JSON record a line.',
      "Signals: SIGTERM and SIGINT finish the requests in flight, then end; a second one ends at once. SIGHUP reloads.",
    ],
    arguments: [],
    rest: null,
    options: [
      CONFIG,
      { name: "port", value: "N", summary: "public port, instead of the configured one; 0 picks a free one" },
      {
        name: "admin-port",
        value: "N",
        summary: "port of the admin API, instead of the configured one; 0 picks a free one",
      },
      {
        name: "no-guardian",
        value: null,
        summary: "no second process that restarts the host when it dies (systemd or Kubernetes do that)",
      },
      { name: "no-watch", value: null, summary: "reload on SIGHUP and by the admin API only" },
      { name: "guarded", value: "FILE", summary: "where the host reports to its guardian", hidden: true },
    ],
    examples: [
      { command: "nano start", meaning: "serves ./nano.json" },
      { command: "nano start --config /etc/nano/nano.json --no-guardian", meaning: "as a service" },
      { command: "nano start --port 0 --admin-port 0", meaning: "on free ports, beside another NANO" },
    ],
    exitCodes: {
      0: "ended as asked",
      1: "failed, requests were cut, or another NANO uses the state folder",
      3: "nano.json was refused, or the state folder cannot be used",
    },
    online: false,
  },
  {
    name: "dev",
    summary: "Serve one app without a configuration",
    description: [
      "Serves one app, a folder or an entry file, on 127.0.0.1. No configuration is needed; an edit takes effect at once.",
      "In a Workers project its wrangler file is read, and .dev.vars or else .env for secrets.",
    ],
    arguments: [{ name: "PATH", required: true, completes: "file" }],
    rest: null,
    options: [
      { name: "port", value: "N", summary: "the port (8080); 0 picks a free one" },
      { name: "env", value: "NAME", summary: "an environment of the folder's wrangler file" },
    ],
    examples: [
      { command: "nano dev ./hello", meaning: "serves http://127.0.0.1:8080/" },
      { command: "nano dev ./hello/index.ts --port 3000", meaning: "an entry file, another port" },
    ],
    exitCodes: {},
    online: false,
  },
  {
    name: "init",
    summary: "Write a new project",
    description: [
      "Writes a small project that serves at once: an app, nano.json, .gitignore and a README. It asks nothing and never " +
      "overwrites a file.",
    ],
    arguments: [{ name: "FOLDER", required: false, completes: "folder" }],
    rest: null,
    options: [],
    examples: [
      { command: "nano init hello", meaning: "makes the folder hello" },
      { command: "nano init", meaning: "fills this folder" },
    ],
    exitCodes: { 1: "a file is there already, or the folder cannot be written" },
    online: false,
  },
  {
    name: "check",
    summary: "Look for mistakes in nano.json",
    description: [
      "Looks for mistakes in nano.json, all at once. Nothing is started and no port is opened. When a NANO of this " +
      "configuration runs, it also tells what a reload would change.",
    ],
    arguments: [],
    rest: null,
    options: [CONFIG, { name: "json", value: null, summary: "JSON for programs" }],
    examples: [
      { command: "nano check", meaning: "checks ./nano.json" },
      {
        command: "nano check --config /etc/nano/nano.json && systemctl reload nano",
        meaning: "reloads only what is right",
      },
    ],
    exitCodes: { 0: "no mistake", 3: "mistakes; they stand on standard error" },
    online: false,
  },
  {
    name: "eval",
    summary: "Run a script in a cell of its own",
    description: [
      "Runs a script in an isolate of its own, with the limits and the sandbox of an app: JavaScript or TypeScript, " +
      "top-level await, imports from its folder and from npm. Its console goes to standard output and error; the value " +
      "of `export default` is printed. Nothing of this machine's environment is visible in it.",
      "It ends when the script, its timers and its fetches have ended. Code of --code or standard input lives in an empty " +
      "folder: it can import npm: packages and node: modules, but no files.",
    ],
    arguments: [{ name: "SCRIPT", required: false, completes: "file" }],
    rest: "ARGUMENTS",
    options: [
      { name: "code", value: "TEXT", summary: "the script itself, instead of a file" },
      { name: "memory-mb", value: "N", summary: "cap of the heap, and of what is held outside of it, in MiB (128)" },
      { name: "cpu-ms", value: "N", summary: "longest computation without a turn of the event loop (5000)" },
      { name: "timeout-ms", value: "N", summary: "longest run (30000)" },
      {
        name: "outbound",
        value: "POLICY",
        summary: "where it may connect to: public (the default), none, any, or hosts with commas between",
        completes: ["public", "none", "any"],
      },
      { name: "env", value: "NAME=VALUE", summary: "a variable", repeats: true },
    ],
    examples: [
      { command: "nano eval script.ts", meaning: "runs a file" },
      { command: "nano eval --code 'export default 6 * 7'", meaning: "prints 42" },
      { command: "cat job.ts | nano eval - --timeout-ms 5000 --env DAY=monday", meaning: "from standard input" },
      { command: "nano eval script.ts -- one two", meaning: "arguments, in Deno.args and process.argv" },
    ],
    exitCodes: { 0: "the script ended", 1: "it threw, or hit a limit; its code is told" },
    online: false,
  },
  {
    name: "token",
    summary: "Print the token of the admin API",
    description: [
      'Prints the bearer token of the admin API, and nothing else. Without a configured one ("admin": { "token": … }, ' +
      "or the variable NANO_ADMIN_TOKEN, which wins) it is generated once and kept in the state folder.",
    ],
    arguments: [],
    rest: null,
    options: [CONFIG],
    examples: [
      { command: "nano token", meaning: "of ./nano.json" },
      {
        command: 'curl -H "Authorization: Bearer $(nano token)" http://127.0.0.1:9090/metrics',
        meaning: "asks the admin API",
      },
    ],
    exitCodes: {},
    online: false,
  },
  {
    name: "completions",
    summary: "Print completions for a shell",
    description: [
      "Prints a script that completes commands, options and the names of running apps.",
      "bash: source <(nano completions bash), in ~/.bashrc. zsh: nano completions zsh > a folder of $fpath/_nano. " +
      "fish: nano completions fish > ~/.config/fish/completions/nano.fish.",
    ],
    arguments: [{ name: "SHELL", required: true, completes: ["bash", "zsh", "fish"] }],
    rest: null,
    options: CONNECTION.map((option) => ({ ...option, hidden: true })),
    examples: [
      { command: "source <(nano completions bash)", meaning: "for this bash" },
      { command: 'nano completions zsh > "${fpath[1]}/_nano"', meaning: "for every zsh from now on" },
      { command: "nano completions fish > ~/.config/fish/completions/nano.fish", meaning: "for fish" },
    ],
    exitCodes: {},
    online: false,
  },
];
