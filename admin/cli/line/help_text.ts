/** Renders the help of the command line and of its commands. */
import { type CommandDoc, EXIT_CODES, shortUsageOf, usageOf } from "./command_doc.ts";

const WIDTH = 100;

/** A row of a list of commands. */
interface Row {
  readonly usage: string;
  readonly summary: string;
}

/** What `nano --help` prints. @param groups what the commands of several words are about, by their first word */
export function overviewText(docs: readonly CommandDoc[], groups: Readonly<Record<string, string>>): string {
  const wordOf = ({ name }: CommandDoc) => name.split(" ", 1)[0]!;
  // A group stands where most of it belongs.
  const isOnline = (doc: CommandDoc) => doc.online || Object.hasOwn(groups, wordOf(doc));
  const rows = (online: boolean): Row[] =>
    docs.filter((doc) => isOnline(doc) === online).flatMap((doc, at, all) => {
      const first = wordOf(doc);
      if (!Object.hasOwn(groups, first)) return [{ usage: shortUsageOf(doc), summary: doc.summary }];
      const isFirst = all.findIndex((one) => wordOf(one) === first) === at;
      return isFirst ? [{ usage: `nano ${first} …`, summary: groups[first]! }] : [];
    });
  const [offline, online] = [rows(false), rows(true)];
  const width = Math.max(...[...offline, ...online].map(({ usage }) => usage.length));
  const list = (some: readonly Row[]) => some.map(({ usage, summary }) => `  ${usage.padEnd(width)}  ${summary}`);
  return [
    "NANO runs many web apps in one process, an isolate each.",
    "",
    "Usage: nano COMMAND [OPTIONS]",
    "",
    ...list(offline),
    "",
    "With a running NANO:",
    "",
    ...list(online),
    "",
    `  ${"nano COMMAND --help".padEnd(width)}  Explain one command`,
    `  ${"nano --version".padEnd(width)}  Print the version`,
    "",
    exitCodesText({}),
  ].join("\n");
}

/** What `nano kv --help` prints: the commands that begin with a word. */
export function groupText(summary: string, docs: readonly CommandDoc[]): string {
  const width = Math.max(...docs.map((doc) => shortUsageOf(doc).length));
  return [
    `${summary}.`,
    "",
    ...docs.map((doc) => `  ${shortUsageOf(doc).padEnd(width)}  ${doc.summary}`),
    "",
    "Each explains itself with --help.",
  ].join("\n");
}

/** What `nano COMMAND --help` prints. */
export function helpText(doc: CommandDoc): string {
  const options = doc.options.filter(({ hidden }) => hidden !== true).map(({ name, value, summary, repeats }) => ({
    left: `--${name}${value === null ? "" : ` ${value}`}`,
    right: summary + (repeats === true ? "; may be repeated" : ""),
  }));
  const examples = doc.examples.map(({ command, meaning }) => ({ left: command, right: `# ${meaning}` }));
  return [
    wrapped(`Usage: ${usageOf(doc)}`, "       "),
    ...doc.description.flatMap((paragraph) => ["", wrapped(paragraph, "")]),
    ...options.length > 0 ? ["", ...columns(options, 30)] : [],
    "",
    "Examples:",
    ...columns(examples, 60),
    "",
    exitCodesText(doc.exitCodes),
  ].join("\n");
}

function exitCodesText(own: CommandDoc["exitCodes"]): string {
  const codes = Object.entries({ ...EXIT_CODES, ...own }).map(([code, meaning]) => `${code} ${meaning}`);
  return wrapped(`Exit codes: ${codes.join(", ")}.`, "");
}

/** Two columns; where the left one is too wide, the right one moves to a line of its own. */
function columns(rows: readonly { left: string; right: string }[], maxLeft: number): string[] {
  const width = Math.max(0, ...rows.map(({ left }) => left.length).filter((length) => length <= maxLeft));
  return rows.flatMap(({ left, right }) => {
    const indent = " ".repeat(width + 4);
    if (left.length > maxLeft) return [`  ${left}`, wrapped(indent + right, indent)];
    return [wrapped(`  ${left.padEnd(width)}  ${right}`, indent)];
  });
}

/** Breaks at spaces; the lines after the first begin with `indent`. */
function wrapped(text: string, indent: string): string {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(/(?<=\S) /)) {
    if (line !== "" && line.length + 1 + word.length > WIDTH) {
      lines.push(line);
      line = indent + word;
    } else {
      line = line === "" ? word : `${line} ${word}`;
    }
  }
  return [...lines, line].join("\n");
}
