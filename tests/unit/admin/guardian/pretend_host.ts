/** A host for the guardian's tests: reports, listens to signals, and ends as its first argument says. */
import { guardianGone, HostStatusWriter } from "../../../../admin/guardian/host_status.ts";
import { listenSignals } from "../../../../admin/process/signals.ts";

const [behaviour, statusFile] = Deno.args;

function tell(event: string, more: object = {}): void {
  Deno.stdout.writeSync(new TextEncoder().encode(JSON.stringify({ event, pid: Deno.pid, ...more }) + "\n"));
}

if (behaviour === "refused") {
  tell("refused");
  Deno.exit(3);
}
const status = new HostStatusWriter(statusFile!, () => ["shop", "blog"], (text) => console.error(text));
listenSignals({
  onStop: (signal, count) => {
    tell("stop", { signal, count });
    status.stopping();
    if (count === 2) Deno.exit(1);
    if (behaviour !== "slow") Deno.exit(0);
  },
  onReload: () => tell("reload"),
});
guardianGone().then(() => {
  status.remove();
  tell("guardian_gone");
  Deno.exit(0);
});
tell("serving");
