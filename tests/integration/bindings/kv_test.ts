/** KV namespaces over the wire: what an app puts is there for the next request, isolate, deploy and process. */
import { assertEquals } from "@std/assert";
import { NanoProcess } from "../../support/nano_process.ts";
import { TempProject } from "../../support/temp_project.ts";
import { APP, asker, kvPromises } from "./kv_promises.ts";

Deno.test("KV keeps values, metadata and expirations as Workers do", (t) => kvPromises(t));

Deno.test("KV outlives the isolate, a kill of the host and the app itself", async () => {
  await using project = await TempProject.create({
    one: { files: APP, config: { bindings: { NS: { kv: "kept" } } } },
  });
  {
    await using nano = await NanoProcess.start(project.configFile);
    const ask = asker(nano, "one");
    const puts = Array.from({ length: 50 }, (_, at) => ask("put", `k${at}`, `v${at}`));
    assertEquals(await Promise.all(puts), puts.map(() => null));
    nano.signal("SIGKILL");
    await nano.status();
  }
  await using nano = await NanoProcess.start(project.configFile);
  const ask = asker(nano, "one");
  for (let at = 0; at < 50; at++) assertEquals(await ask("get", `k${at}`), `v${at}`);
  const mode = (await Deno.stat(`${project.dir}/.nano/data/kv/kept.db`)).mode!;
  assertEquals(mode & 0o777, 0o600);
});
