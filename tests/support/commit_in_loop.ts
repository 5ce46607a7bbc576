/**
 * A process to be killed: commits an app, a version and an entry of the history together, again and again, into the
 * store of its argument, and prints the number of each commit when it is kept.
 */
import { StateStore } from "../../runtime/store/state_store.ts";

function tell(line: string): void {
  const bytes = new TextEncoder().encode(`${line}\n`);
  let told = 0;
  while (told < bytes.length) told += Deno.stdout.writeSync(bytes.subarray(told));
}

if (import.meta.main) {
  using store = StateStore.open(Deno.args[0] ?? "");
  for (;;) {
    const version = store.nextVersion("a");
    const at = Number(version.slice(1));
    const record = { app: "a", version, createdAt: at, bytes: 1, files: 1, note: "", actor: "loop", previewHost: null };
    store.commit({
      apps: [{
        name: "a",
        entry: { at },
        patch: null,
        hides: null,
        activeVersion: version,
        previousVersion: null,
        rollout: null,
      }],
      addVersions: [record],
      history: [{ at, actor: "loop", action: "version.deploy", app: "a", detail: version, error: null }],
    });
    tell(version);
  }
}
