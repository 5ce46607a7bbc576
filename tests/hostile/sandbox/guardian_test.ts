/** What one process cannot contain (docs/decisions/0006): then the guardian starts the host again. */
import { assertEquals } from "@std/assert";
import { Arena } from "./arena.ts";

Deno.test("An app that ends the process by a native call costs a restart, and the neighbour serves again", async () => {
  const killer = {
    files: `export default () => Response.json(Array.from({ length: 1e7 }, (_, i) => i ^ 0x5555).sort().length);`,
    // Under so small a heap one allocation is larger than what V8 grants on top, and V8 ends the process.
    config: { memory_mb: 16, cpu_ms: 5000 },
  };
  await using arena = await Arena.open({ killer }, { guardian: true, config: { port: await freePort() } });
  const from = arena.mark;
  const sight = await arena.attack("killer");
  assertEquals(sight.status, 0, "the connection is cut with its host");
  await arena.nano.waitForEvent(({ event }) => event === "server_start", undefined, from);
  await arena.assertUnharmed([sight]);
});

/** A port for a host that is to come back on it. */
async function freePort(): Promise<number> {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  listener.close();
  await Promise.resolve();
  return port;
}
