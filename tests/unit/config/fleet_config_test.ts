/** The key `fleet`: what its keys must agree on, and what is read from outside. */
import { assertEquals, assertRejects } from "@std/assert";
import { NanoError, resolveConfig } from "../../../mod.ts";

const NATS = ["nats://127.0.0.1:4222"];

function resolved(fleet: Readonly<Record<string, unknown>>, env: Readonly<Record<string, string>> = {}) {
  return resolveConfig({ fleet }, { file: null, baseDir: "/", hostEnv: (name) => env[name] });
}

Deno.test("A node's name, login and database may be kept outside", async () => {
  const name = { from_env: "HOSTNAME" };
  const byNats = await resolved({ nats: NATS, name, credentials: { from_env: "LOGIN" } }, {
    HOSTNAME: "n7",
    LOGIN: "user:password",
  });
  assertEquals(byNats.fleet?.name, "n7");
  assertEquals(byNats.fleet?.engine.kind === "nats" && byNats.fleet.engine.credentials, "user:password");
  const url = "postgres://nano:secret@127.0.0.1/fleet";
  const byPostgres = await resolved({ postgres: { from_env: "DATABASE" } }, { DATABASE: url });
  assertEquals(byPostgres.fleet?.engine.kind === "postgres" && byPostgres.fleet.engine.url, url);
  assertEquals(byPostgres.fleet?.name, null);
});

Deno.test("A fleet at NATS keeps KV, R2 and queues unless it is told not to, and one at PostgreSQL keeps no bindings", async () => {
  const kinds = async (fleet: Readonly<Record<string, unknown>>) => (await resolved(fleet)).fleet?.bindings;
  const postgres = "postgres://127.0.0.1/fleet";
  assertEquals(await kinds({ nats: NATS }), ["kv", "r2", "queue"]);
  assertEquals(await kinds({ nats: NATS, bindings: ["r2"] }), ["r2"]);
  assertEquals(await kinds({ nats: NATS, bindings: [] }), []);
  assertEquals(await kinds({ postgres }), []);
  assertEquals(await kinds({ postgres, bindings: [] }), []);
});

for (
  const [fleet, mistake] of [
    [{}, /fleet\.nats is missing: expected the servers that the nodes meet at, or "postgres"/],
    [{ nats: NATS, postgres: "postgres://127.0.0.1/a" }, /fleet\.postgres is text: expected nothing beside "nats"/],
    [{ nats: ["nats://10.0.0.1:4222"] }, /fleet\.nats\[0\] is "nats:\/\/10\.0\.0\.1:4222": expected TLS/],
    [
      { nats: ["nats://node:hidden@127.0.0.1"] },
      /fleet\.nats\[0\] is "nats:\/\/…@127\.0\.0\.1": expected .* without a login/,
    ],
    [{ nats: ["http://127.0.0.1"] }, /fleet\.nats\[0\] .*: expected the URL of a NATS server/],
    [
      { postgres: "postgres://127.0.0.1/fleet", bindings: ["kv"] },
      /fleet\.bindings is a list.*: expected \[\]: bindings of a fleet need "nats"/,
    ],
    [{ nats: NATS, bindings: ["d1"] }, /fleet\.bindings\[0\] is "d1": expected one of "kv"/],
    [{ nats: NATS, bindings: ["kv", "kv"] }, /fleet\.bindings .*: expected a list of kinds of bindings, each once/],
    [{ nats: NATS, name: "N 1" }, /fleet\.name is "N 1": expected 1 to 63 characters/],
    [{ nats: NATS, name: { from_env: "BAD" } }, /fleet\.name is "Node_1": expected its value to be 1 to 63 characters/],
    [{ nats: NATS, name: { from_env: "NOTHING" } }, /fleet\.name\.from_env is "NOTHING"/],
  ] as const
) {
  Deno.test(`A fleet of ${JSON.stringify(fleet)} is refused`, async () => {
    const error = await assertRejects(() => resolved(fleet, { BAD: "Node_1" }), NanoError);
    assertEquals(
      [error.code, error.details.some((line) => mistake.test(line))],
      ["CONFIG_INVALID", true],
      error.message,
    );
  });
}
