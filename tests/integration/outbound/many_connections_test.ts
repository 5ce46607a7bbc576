/** An app has as many TCP connections at once as descriptors allow: a thousand, each of which is answered. */
import { assertEquals } from "@std/assert";
import { descriptors } from "../../../runtime/machine/descriptors.ts";
import { NanoProcess } from "../../support/nano_process.ts";
import { TempProject } from "../../support/temp_project.ts";

/** Less where the process may have fewer descriptors: what belongs to an app there, less what fetch and the front door take. */
const CONNECTIONS = Math.min(1_000, descriptors.forApp - 32);

const APP = `export default {
  async fetch(request) {
    const { port, count } = await request.json();
    const all = [];
    for (let from = 0; from < count; from += 50) {
      const some = Array.from({ length: Math.min(50, count - from) }, () => Deno.connect({ hostname: "127.0.0.1", port }));
      all.push(...await Promise.all(some));
    }
    const answers = await Promise.all(all.map(async (connection, at) => {
      const text = String(at).padStart(6, "0");
      await connection.write(new TextEncoder().encode(text));
      const bytes = new Uint8Array(6);
      let length = 0;
      while (length < 6) length += await connection.read(bytes.subarray(length));
      return new TextDecoder().decode(bytes) === text;
    }));
    for (const connection of all) connection.close();
    return Response.json({ open: all.length, right: answers.filter((one) => one).length });
  },
};`;

Deno.test("An app has a thousand TCP connections open at once, and gives them all back", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const open = new Set<Deno.Conn>();
  let most = 0;
  const serving = (async () => {
    for await (const connection of listener) {
      open.add(connection);
      most = Math.max(most, open.size);
      connection.readable.pipeTo(connection.writable).catch(() => {}).finally(() => open.delete(connection));
    }
  })();
  await using project = await TempProject.create({ one: { files: APP, config: { outbound: "any" } } });
  await using nano = await NanoProcess.start(project.configFile);
  const body = JSON.stringify({ port: (listener.addr as Deno.NetAddr).port, count: CONNECTIONS });
  for (let round = 0; round < 2; round++) {
    const answer = await nano.fetch("one", "/", { method: "POST", body });
    assertEquals(await answer.json(), { open: CONNECTIONS, right: CONNECTIONS });
  }
  assertEquals(most >= CONNECTIONS, true);
  await nano.stop();
  listener.close();
  await serving.catch(() => {});
});
