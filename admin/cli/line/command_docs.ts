/** Every command as data: the one source of help, completions and the docs page. */
import type { CommandDoc } from "./command_doc.ts";
import { LOCAL_COMMANDS } from "./local_commands.ts";
import { ONLINE_COMMANDS } from "./online_commands.ts";

export {
  type ArgumentDoc,
  type CommandDoc,
  type ExampleDoc,
  EXIT_CODES,
  type OptionDoc,
  shortUsageOf,
  usageOf,
} from "./command_doc.ts";

/** All commands, in the order of the help. */
export function commandDocs(): readonly CommandDoc[] {
  return [...LOCAL_COMMANDS, ...ONLINE_COMMANDS];
}
