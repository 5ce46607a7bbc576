/** The real guardian with a pretended host, as a process of its own. */
import { guard } from "../../../../admin/guardian/guard.ts";

const host = new URL("pretend_host.ts", import.meta.url).pathname;
Deno.exit(
  await guard((statusFile) => ({
    program: Deno.execPath(),
    args: ["run", "-A", "--no-lock", "--no-check", decodeURIComponent(host), Deno.args[0]!, statusFile],
  })),
);
