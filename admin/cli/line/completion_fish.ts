/** Writes the completions for fish. */
import type { CommandDoc, Completes } from "./command_doc.ts";

/** The script. */
export function fishScript(docs: readonly CommandDoc[]): string {
  return [
    "# Completions of nano for fish: nano completions fish > ~/.config/fish/completions/nano.fish",
    "function __nano_apps; nano completions app-names 2>/dev/null; end",
    "# The number of arguments behind the command, options and their values left out.",
    "function __nano_position",
    "  set -l position 0",
    "  set -l isvalue 0",
    "  for word in (commandline -opc)[3..-1]",
    `    if test $isvalue = 1; set isvalue 0`,
    `    else if contains -- $word ${valueOptions(docs)}; set isvalue 1`,
    "    else if not string match -q -- '-*' $word; set position (math $position + 1); end",
    "  end",
    "  echo $position",
    "end",
    "complete -c nano -f",
    "complete -c nano -n __fish_use_subcommand -l help -d 'Explain all commands'",
    "complete -c nano -n __fish_use_subcommand -l version -d 'Print the version'",
    ...docs.map(({ name, summary }) => `complete -c nano -n __fish_use_subcommand -a ${name} -d ${quoted(summary)}`),
    "complete -c nano -n __fish_use_subcommand -a help -d 'Explain a command'",
    `complete -c nano -n '__fish_seen_subcommand_from help' -a ${quoted(docs.map(({ name }) => name).join(" "))}`,
    ...docs.flatMap(commandLines),
  ].join("\n");
}

/** Options that take a value; a name means the same in every command that has it. */
function valueOptions(docs: readonly CommandDoc[]): string {
  const names = docs.flatMap(({ options }) =>
    options.filter(({ value }) => value !== null).map(({ name }) => `--${name}`)
  );
  return [...new Set(names)].join(" ");
}

function commandLines(doc: CommandDoc): string[] {
  // Not __fish_seen_subcommand_from: the name of an app may be that of a command.
  const inside = `test (commandline -opc)[2] = ${doc.name} 2>/dev/null`;
  const options = doc.options.filter(({ hidden }) => hidden !== true).map(({ name, value, summary, completes }) => {
    const takes = value === null ? "" : ` -r ${valueText(completes)}`.trimEnd();
    return `complete -c nano -n ${quoted(inside)} -l ${name}${takes} -d ${quoted(summary)}`;
  });
  const places = doc.arguments.flatMap(({ completes }, at) => {
    const here = quoted(`${inside}; and test (__nano_position) = ${at}`);
    return completes === undefined ? [] : [`complete -c nano -n ${here} ${valueText(completes)}`];
  });
  return [...options, `complete -c nano -n ${quoted(inside)} -l help -d 'Explain this command'`, ...places];
}

function valueText(completes: Completes | undefined): string {
  if (completes === undefined) return "-f";
  if (typeof completes !== "string") return `-f -a ${quoted(completes.join(" "))}`;
  return {
    file: "-F",
    folder: "-f -a '(__fish_complete_directories)'",
    app: "-f -a '(__nano_apps)'",
    command: "-f",
  }[completes];
}

function quoted(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}
