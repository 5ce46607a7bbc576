/** Holds the shell commands of the docs to what there is: commands, options, tasks, files. */
import { findCommandDoc, nameOf } from "../../admin/cli/command_index.ts";
import { CommandLine } from "../../admin/cli/line/command_line.ts";
import { REPO } from "../support/repo.ts";

/** Programs of the system that the pages may use; what they get is not looked at, but for files of the repo. */
const SYSTEM = new Set("cd gzip mkdir sed kill systemctl journalctl docker kubectl openssl cat jq tar ssh".split(" "));
const CURL_OPTIONS = new Set("-H -d -N -o -T -X -s -fsS --data-binary".split(" "));
const CURL_WITH_VALUE = new Set("-H -d -o -T -X --data-binary".split(" "));

const { tasks } = JSON.parse(await Deno.readTextFile(new URL("deno.json", REPO)));

/** Every mistake of a text of shell commands, one line each. */
export async function shellMistakes(text: string): Promise<string[]> {
  const found: string[] = [];
  for (const line of text.replaceAll("\\\n", " ").split("\n")) {
    for (const command of commandsOf(line)) {
      try {
        await checkCommand(command);
      } catch (error) {
        found.push(`${command.join(" ")}: ${(error as Error).message}`);
      }
    }
  }
  return found;
}

/** The commands of a line as words, those of `$(…)` included; quotes are taken away, comments dropped. */
function commandsOf(line: string): string[][] {
  const inner = [...line.matchAll(/\$\(([^)]*)\)/g)].flatMap(([, one]) => commandsOf(one!));
  const commands: string[][] = [[]];
  for (const [word] of line.matchAll(/(?:"[^"]*"|'[^']*'|\$\([^)]*\)|[^\s"'])+/g)) {
    if (word.startsWith("#")) break;
    if (["&&", "|", ";", "||"].includes(word)) commands.push([]);
    else commands.at(-1)!.push(word.replace(/"([^"]*)"|'([^']*)'/g, "$1$2"));
  }
  return [...commands.filter((words) => words.length > 0), ...inner];
}

async function checkCommand(words: readonly string[]): Promise<void> {
  const from = words.findIndex((word) => !/^[A-Z_]+=/.test(word));
  const [program = "", ...all] = words.slice(from);
  // Where output goes is no argument.
  const args = all.filter((word, at) => word !== ">" && all[at - 1] !== ">");
  for (const arg of args) if (arg.startsWith("docs/")) await Deno.stat(new URL(arg, REPO));
  switch (program) {
    case "nano":
    case "./nano":
      return await checkNano(args);
    case "deno":
      return await checkTask(args);
    case "npx":
      if (args[0] !== "--yes" || args[1] !== `deno@${Deno.version.deno}`) {
        throw new Error("npx runs the pinned Deno only");
      }
      return await checkTask(args.slice(2));
    case "curl":
      return checkCurl(args);
    default:
      if (!SYSTEM.has(program)) throw new Error(`the docs must not use "${program}"`);
  }
}

async function checkNano(words: readonly string[]): Promise<void> {
  if (words[0] === "--version" || words[0] === "--help") return;
  const name = nameOf(words);
  if (name === null) throw new Error(`there is no command "${words.join(" ")}"`);
  const doc = (await findCommandDoc(name))!;
  const args = words.slice(name.split(" ").length);
  if (args.includes("--help")) return;
  await CommandLine.read(doc, args);
}

async function checkTask([word, name = "", ...args]: readonly string[]): Promise<void> {
  if (word !== "task") throw new Error("deno runs tasks only");
  if (!Object.hasOwn(tasks, name)) throw new Error(`deno.json has no task "${name}"`);
  if (name === "nano") await checkNano(args);
  if (name === "start" || name === "dev") await checkNano([name, ...args]);
}

function checkCurl(args: readonly string[]): void {
  const urls = args.filter((arg, at) => !arg.startsWith("-") && !CURL_WITH_VALUE.has(args[at - 1] ?? ""));
  for (const arg of args) {
    if (arg.startsWith("-") && !CURL_OPTIONS.has(arg)) throw new Error(`the docs must not use curl ${arg}`);
  }
  if (urls.length !== 1 || !URL.canParse(urls[0]!)) throw new Error("curl gets one URL");
}
