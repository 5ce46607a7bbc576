/** Connections to NATS servers that let a node in, and then are of no use. */
import { assertEquals, assertRejects } from "@std/assert";
import { NanoError } from "../../../runtime/errors.ts";
import { ENGINE_TIMES, type EngineTimes, natsEngine } from "../../../runtime/fleet/engine_config.ts";
import { NatsSession, type Reached } from "../../../runtime/fleet/nats_session.ts";
import { FakeNats, type FakeNatsConnection } from "../../support/fake_nats.ts";

/** Of one request, which the fake answers at once. */
const REQUEST_MS = 200;

async function sessionAt(
  of: (connection: number) => FakeNatsConnection,
  times: Partial<EngineTimes>,
  run: (session: NatsSession, server: FakeNats) => Promise<void>,
): Promise<void> {
  await using server = new FakeNats(of);
  await using session = new NatsSession(
    natsEngine({ servers: [server.address], name: "test", times: { ...ENGINE_TIMES, callMs: 60_000, ...times } }),
    () => Promise.resolve(),
  );
  await run(session, server);
}

const ask = async ({ connection }: Reached) =>
  (await connection.request("subject", "hello", { timeout: REQUEST_MS })).string();

Deno.test("A server that is killed right after it let a node in is dialed again", async () => {
  await sessionAt(
    (connection) => connection <= 3 ? "killed" : "answers",
    { silentMs: 60_000 },
    async (session, server) => {
      assertEquals(await session.call("ask", ask), "hello");
      assertEquals(server.connections, 4);
    },
  );
});

Deno.test("A server that answers pings and no calls is left for another, and one that answers is kept", async () => {
  await sessionAt(
    (connection) => connection === 2 ? "answers" : "silent",
    { silentMs: 3 * REQUEST_MS },
    async (session, server) => {
      assertEquals(await session.call("ask", ask), "hello");
      assertEquals(server.connections, 2);
      // What fails is the try, not the server, as long as others are answered.
      const late = new Error("not yet");
      let tries = 0;
      const failing = session.call("wait", async (reached) => {
        if (++tries > 8) return "done";
        await ask(reached);
        throw late;
      });
      const asking = (async () => {
        while (tries <= 8) await session.call("ask", ask);
      })();
      assertEquals(await failing, "done");
      await asking;
      assertEquals(server.connections, 2);
    },
  );
});

Deno.test("A server that answers nothing fails a call in time, by its address", async () => {
  await sessionAt(() => "silent", { callMs: 1_000 }, async (session, server) => {
    // Whatever a call waits for, and however it does so.
    const error = await assertRejects(() => session.call("ask", () => new Promise(() => {})), NanoError);
    assertEquals([error.code, error.message], [
      "FLEET_UNAVAILABLE",
      `Cannot ask: no answer came from ${server.address}`,
    ]);
  });
});

Deno.test("A server over a slow way is given more time with each try, until the node is in", async () => {
  await sessionAt(() => 100, { dialMs: 60 }, async (session, server) => {
    assertEquals(await session.call("ask", ask), "hello");
    assertEquals(server.connections > 1, true);
  });
});
