/** KV namespaces in the data thread do what every engine of theirs does. */
import { DataThread } from "../../../runtime/data/data_thread.ts";
import { kvStore } from "../../../runtime/data/kv_store.ts";
import { kvConformance } from "./kv_conformance.ts";

Deno.test("KV in SQLite does what every engine does", async (t) => {
  const folder = await Deno.makeTempDir({ prefix: "nano-test-" });
  {
    await using thread = new DataThread(folder);
    await kvConformance(t, { open: (name) => kvStore(thread, name) });
  }
  await Deno.remove(folder, { recursive: true });
});
