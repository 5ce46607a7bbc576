/** Buckets on the disk, against the suite of all engines. */
import { DataThread } from "../../../runtime/data/data_thread.ts";
import { R2Engine } from "../../../runtime/data/r2_engine.ts";
import { r2Conformance } from "./r2_conformance.ts";

Deno.test("Buckets on the disk do what every engine does", async (t) => {
  const folder = await Deno.makeTempDir({ prefix: "nano-test-" });
  try {
    await using data = new DataThread(folder);
    using engine = new R2Engine(folder, data);
    await r2Conformance(t, { open: (name) => engine.store(name) });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
