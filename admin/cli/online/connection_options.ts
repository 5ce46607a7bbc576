/** How a running NANO is found; every online command takes these options. */
import type { OptionDoc } from "../line/command_doc.ts";

/** In the order of the help. */
export const CONNECTION: readonly OptionDoc[] = [
  {
    name: "config",
    value: "FILE",
    summary: "find the NANO that runs with this configuration (nano.json in this folder)",
    completes: "file",
  },
  { name: "url", value: "URL", summary: "the admin listener (else NANO_ADMIN_URL, else by the configuration)" },
  { name: "token", value: "TOKEN", summary: "its token (else NANO_ADMIN_TOKEN, else by the configuration)" },
];
