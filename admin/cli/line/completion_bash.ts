/** Writes the completions for bash. */
import type { CommandDoc, Completes } from "./command_doc.ts";

/** The script. */
export function bashScript(docs: readonly CommandDoc[]): string {
  return `# Completions of nano for bash: source <(nano completions bash)
_nano() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" command="\${COMP_WORDS[1]}"
  local position=0 at words="" kind=""
  COMPREPLY=()
  if (( COMP_CWORD == 1 )); then
    COMPREPLY=($(compgen -W "${
    [...docs.map(({ name }) => name), "help", "--help", "--version"].join(" ")
  }" -- "$current"))
    return
  fi
  case "$command $previous" in
${docs.flatMap(valueCases).join("\n")}
  esac
  if [[ -z $kind && $current == -* ]]; then
    case "$command" in
${docs.map((doc) => `      ${doc.name}) words="${optionWords(doc)}" ;;`).join("\n")}
    esac
    kind=words
  fi
  if [[ -z $kind ]]; then
    for (( at = 2; at < COMP_CWORD; at++ )); do
      case "$command \${COMP_WORDS[at]}" in
${valuePattern(docs)}
        *" -"*) ;;
        *) (( position++ )) ;;
      esac
    done
    case "$command $position" in
${docs.flatMap(positionCases).join("\n")}
      "help 0") kind=words; words="${docs.map(({ name }) => name).join(" ")}" ;;
    esac
  fi
  case "$kind" in
    words) COMPREPLY=($(compgen -W "$words" -- "$current")) ;;
    apps) COMPREPLY=($(compgen -W "$("\${COMP_WORDS[0]}" completions app-names 2>/dev/null)" -- "$current")) ;;
    folders) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -d -- "$current") ;;
    files) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- "$current") ;;
  esac
}
complete -F _nano nano`;
}

function optionWords({ options }: CommandDoc): string {
  return [...options.filter(({ hidden }) => hidden !== true).map(({ name }) => `--${name}`), "--help"].join(" ");
}

function valueCases({ name, options }: CommandDoc): string[] {
  return options.filter(({ value, hidden }) => value !== null && hidden !== true)
    .map((option) => `    "${name} --${option.name}") ${kindText(option.completes)} ;;`);
}

/** Options whose next word is their value and no argument. */
function valuePattern(docs: readonly CommandDoc[]): string {
  const patterns = docs.flatMap(({ name, options }) =>
    options.filter(({ value }) => value !== null).map((option) => `"${name} --${option.name}"`)
  );
  return `        ${patterns.join("|")}) (( at++ )) ;;`;
}

function positionCases({ name, arguments: places }: CommandDoc): string[] {
  return places.map(({ completes }, at) => `      "${name} ${at}") ${kindText(completes)} ;;`);
}

function kindText(completes: Completes | undefined): string {
  if (completes === undefined) return "kind=none";
  if (typeof completes !== "string") return `kind=words; words="${completes.join(" ")}"`;
  return `kind=${{ file: "files", folder: "folders", app: "apps", command: "words" }[completes]}`;
}
