/** Writes the completions for zsh. */
import type { CommandDoc, Completes } from "./command_doc.ts";

/** The script; as a file `_nano` in a folder of $fpath, or sourced after compinit. */
export function zshScript(docs: readonly CommandDoc[]): string {
  return `#compdef nano
# Completions of nano for zsh: nano completions zsh > a folder of $fpath/_nano
_nano_apps() {
  local -a names
  names=(\${(f)"$(nano completions app-names 2>/dev/null)"})
  compadd -a names
}
_nano() {
  local -a commands
  commands=(
${docs.map(({ name, summary }) => `    ${quoted(`${name}:${summary.replaceAll(":", "\\:")}`)}`).join("\n")}
    'help:Explain a command'
  )
  if (( CURRENT == 2 )); then
    _describe command commands
    compadd -- --help --version
    return
  fi
  local command=$words[2]
  shift words
  (( CURRENT-- ))
  case $command in
${docs.map(commandCase).join("\n")}
    help) _describe command commands ;;
  esac
}
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then _nano "$@"; else compdef _nano nano; fi`;
}

function commandCase(doc: CommandDoc): string {
  const options = doc.options.filter(({ hidden }) => hidden !== true).map((option) => {
    const head = `${option.repeats === true ? "*" : ""}--${option.name}[${plain(option.summary)}]`;
    return option.value === null ? head : `${head}:${option.value}:${action(option.completes)}`;
  });
  const places = doc.arguments.map(({ name, completes }, at) => `${at + 1}:${name}:${action(completes)}`);
  const specs = [...options, "--help[explain this command]", ...places].map((spec) => `      ${quoted(spec)}`);
  return `    ${doc.name}) _arguments \\\n${specs.join(" \\\n")} ;;`;
}

function action(completes: Completes | undefined): string {
  if (completes === undefined) return " ";
  if (typeof completes !== "string") return `(${completes.join(" ")})`;
  return { file: "_files", folder: "_files -/", app: "_nano_apps", command: " " }[completes];
}

/** Without what ends a description. */
function plain(text: string): string {
  return text.replaceAll(/[[\]:]/g, (mark) => `\\${mark}`);
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
