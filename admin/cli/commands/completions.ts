/** `nano completions`: prints a script that completes the command line in a shell. */
import { CONNECTION } from "../online/connection_options.ts";
import { CliError } from "../../process/cli_error.ts";
import type { Command } from "../line/command.ts";
import type { CliIo } from "../terminal/cli_io.ts";
import type { CommandLine } from "../line/command_line.ts";
import { bashScript } from "../line/completion_bash.ts";
import { docsByFirstWord } from "../line/docs_by_first_word.ts";
import { fishScript } from "../line/completion_fish.ts";
import { zshScript } from "../line/completion_zsh.ts";

/** Whoever presses Tab waits no longer than this for the names of the apps. */
const NAMES_TIMEOUT_MS = 1500;
/** What the scripts call for the names of the apps; not for people. */
export const APP_NAMES = "app-names";

const SCRIPTS = { bash: bashScript, zsh: zshScript, fish: fishScript } as const;

export const command: Command = {
  doc: {
    name: "completions",
    summary: "Print completions for a shell",
    description: [
      "Prints a script that completes commands, options and the names of running apps.",
      "bash: source <(nano completions bash), in ~/.bashrc. zsh: nano completions zsh > a folder of $fpath/_nano. " +
      "fish: nano completions fish > ~/.config/fish/completions/nano.fish.",
    ],
    arguments: [{ name: "SHELL", required: true, completes: ["bash", "zsh", "fish"] }],
    examples: [
      { command: "source <(nano completions bash)", meaning: "for this bash" },
      { command: 'nano completions zsh > "${fpath[1]}/_nano"', meaning: "for every zsh from now on" },
      { command: "nano completions fish > ~/.config/fish/completions/nano.fish", meaning: "for fish" },
    ],
  },
  options: CONNECTION.map((option) => ({ ...option, hidden: true })),
  async run(line, io, { docs }) {
    const shell = line.required("SHELL");
    if (shell === APP_NAMES) {
      for (const name of await appNames(line, io)) io.out(name);
      return 0;
    }
    const script = Object.hasOwn(SCRIPTS, shell) ? SCRIPTS[shell as keyof typeof SCRIPTS] : null;
    if (script === null) {
      throw new CliError("USAGE", `There are completions for ${Object.keys(SCRIPTS).join(", ")}, not for "${shell}"`);
    }
    io.out(script(docsByFirstWord(await docs())));
    return 0;
  },
};

/** Of the running NANO; none when it cannot be asked in time: a completion must not print an error into the prompt. */
async function appNames(line: CommandLine, io: CliIo): Promise<readonly string[]> {
  const { findAdmin } = await import("../online/find_admin.ts");
  const { AdminClient } = await import("../../client/client.ts");
  try {
    const { url, token } = await findAdmin(line, io);
    const client = new AdminClient({ url, token, readTimeoutMs: NAMES_TIMEOUT_MS });
    return (await client.apps()).apps.map(({ name }) => name);
  } catch (error) {
    if (error instanceof CliError || (error instanceof Error && error.name === "AdminError")) return [];
    throw error;
  }
}
