/** How a case starts a NANO of its own: on a port that it will find again, or with few descriptors. */
import { HOST_FLAGS } from "../../../admin/guardian/guard.ts";
import { fromFileUrl, REPO } from "../../support/repo.ts";

/** The command line under a limit of descriptors, set by the shell for it and its children alone. */
export function limitedProgram({ descriptors }: { readonly descriptors: number }): [string, ...string[]] {
  const main = fromFileUrl(new URL("admin/cli/main.ts", REPO));
  const script = `ulimit -n ${descriptors}; exec "$0" "$@"`;
  return ["/bin/sh", "-c", script, Deno.execPath(), "run", ...HOST_FLAGS, main];
}
