/** The completions, in the real shells. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { commandDocs } from "../../../../admin/cli/command_index.ts";
import { run } from "./memory_io.ts";

const NAMES = [...new Set((await commandDocs()).map(({ name }) => name.split(" ")[0]!)), "help"].sort();

/** A shell with the completions and a pretended `nano` that knows two apps. */
async function inShell(shell: string, text: (script: string) => string): Promise<string | null> {
  const { code, out } = await run(["completions", shell]);
  assertEquals(code, 0);
  const dir = await Deno.makeTempDir({ prefix: "nano-completions-" });
  try {
    await Deno.writeTextFile(`${dir}/script`, out);
    await Deno.writeTextFile(
      `${dir}/nano`,
      '#!/bin/sh\n[ "$1 $2" = "completions app-names" ] && printf "shop\\nblog\\n"\n',
      {
        mode: 0o755,
      },
    );
    await Deno.writeTextFile(`${dir}/test`, text(`${dir}/script`));
    await Deno.mkdir(`${dir}/cwd/folder`, { recursive: true });
    await Deno.writeTextFile(`${dir}/cwd/file.ts`, "");
    const { success, stdout, stderr } = await new Deno.Command(shell, {
      args: [...shell === "zsh" ? ["-f"] : [], `${dir}/test`],
      cwd: `${dir}/cwd`,
      env: {
        PATH: `${dir}:${Deno.env.get("PATH")}`,
        HOME: dir,
        XDG_CONFIG_HOME: dir,
        XDG_DATA_HOME: dir,
        TERM: "dumb",
      },
      stdin: "null",
      signal: AbortSignal.timeout(60_000),
    }).output();
    const said = new TextDecoder().decode(stdout);
    assert(success, said + new TextDecoder().decode(stderr));
    return said;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    console.log(`${shell} is not installed here: its completions are looked at as text only`);
    for (const name of NAMES.filter((one) => one !== "help")) assertMatch(out, new RegExp(`\\b${name}\\b`));
    return null;
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

/** Line to complete, and what comes. */
const CASES: readonly (readonly [line: string, words: readonly string[]])[] = [
  ["nano st", ["start"]],
  ["nano re", ["reload", "remove", "restart", "restore"]],
  ["nano logs --le", ["--level"]],
  ["nano logs --level ", ["debug", "error", "info", "warn"]],
  ["nano logs ", ["blog", "shop"]],
  ["nano logs --level info ", ["blog", "shop"]],
  ["nano restart s", ["shop"]],
  ["nano deploy --name b", ["blog"]],
  ["nano completions ", ["bash", "fish", "zsh"]],
  ["nano eval --outbound n", ["none"]],
  ["nano eval f", ["file.ts", "folder"]],
  ["nano init ", ["folder"]],
  ["nano help rollb", ["rollback"]],
  ["nano kv na", ["namespace"]],
  ["nano kv key pu", ["put"]],
  ["nano kv key list --app s", ["shop"]],
];

function check(output: string | null): void {
  if (output === null) return;
  const lines = output.trimEnd().split("\n");
  assertEquals(lines.length, CASES.length, output);
  for (const [at, [line, words]] of CASES.entries()) {
    const got = lines[at]!.split(" ").map((word) => word.replace(/\/$/, "")).sort();
    assertEquals(got, [...words], line);
  }
}

Deno.test("bash completes commands, options, their values, files and the names of running apps", async () => {
  check(
    await inShell("bash", (script) =>
      [
        `source ${script}`,
        `try() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _nano 2>/dev/null; echo "\${COMPREPLY[*]}"; }`,
        ...CASES.map(([line]) => `try ${line.replace(/ $/, ' ""')}`),
      ].join("\n")),
  );
});

Deno.test("fish completes the same", async () => {
  check(
    await inShell("fish", (script) =>
      [
        `source ${script}`,
        // fish offers an option after an empty word only when asked, and files with their folder's slash.
        ...CASES.map(([line]) => `complete -C '${line}' | cut -f1 | string join ' '`),
        "true",
      ].join("\n")),
  );
});

Deno.test("zsh completes the same", async () => {
  check(
    await inShell("zsh", (script) =>
      [
        "zmodload zsh/zpty",
        "zpty z zsh -f -i",
        // Prints what is offered between marks instead of showing it.
        "drain() { local text all=''; while zpty -r z text \"*$1*\"; do all+=$text; [[ $all == *$1* ]] && break; done; REPLY=$all }",
        "send() { zpty -w z $1 }",
        'send "PS1=; unsetopt zle_bracketed_paste; autoload -Uz compinit; compinit -D -u; source ' + script + '"',
        "send 'zstyle \":completion:*\" completer _complete; LISTMAX=0; zmodload zsh/complist'",
        'send \'compadd() { local -a found; builtin compadd -O found "$@"; offered+=($found); builtin compadd "$@" }\'',
        'send \'finish() { typeset -gU offered; offered=(); zle complete-word; print -r -- "<<${(ou)offered}>>"; zle kill-whole-line }; zle -N finish; bindkey "^X" finish; KEYTIMEOUT=1; print re""ady\'',
        "drain ready",
        ...CASES.map(([line]) => `zpty -w -n z '${line}'$'\\x18'; drain '>>'; print -r -- "\${\${REPLY##*<<}%%>>*}"`),
      ].join("\n")),
  );
});

Deno.test("nano completions app-names is quiet and ends well when nothing runs", async () => {
  assertEquals(await run(["completions", "app-names"]), { code: 0, out: "", err: "" });
  const elsewhere = ["completions", "app-names", "--url", "http://127.0.0.1:1", "--token", "x"];
  assertEquals(await run(elsewhere), { code: 0, out: "", err: "" });
});
