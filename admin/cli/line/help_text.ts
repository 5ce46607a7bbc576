/** Renders the help of the command line and of its commands. */
import { type CommandDoc, EXIT_CODES, shortUsageOf, usageOf } from "./command_doc.ts";

const WIDTH = 100;

/** What `nano --help` prints. */
export function overviewText(docs: readonly CommandDoc[]): string {
  const width = Math.max(...docs.map((doc) => shortUsageOf(doc).length));
  const list = (online: boolean) =>
    docs.filter((doc) => doc.online === online).map((doc) => `  ${shortUsageOf(doc).padEnd(width)}  ${doc.summary}`);
  return [
    "NANO runs many web apps in one process, an isolate each.",
    "",
    "Usage: nano COMMAND [OPTIONS]",
    "",
    ...list(false),
    "",
    "With a running NANO:",
    "",
    ...list(true),
    "",
    `  ${"nano COMMAND --help".padEnd(width)}  Explain one command`,
    `  ${"nano --version".padEnd(width)}  Print the version`,
    "",
    exitCodesText({}),
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
