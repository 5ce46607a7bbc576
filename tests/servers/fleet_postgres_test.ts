/** A fleet's engine in a real PostgreSQL. */
// @ts-types="@types/pg"
import pg from "pg";
import { assertEquals, assertRejects } from "@std/assert";
import { NanoError } from "../../runtime/errors.ts";
import { postgresEngine } from "../../runtime/fleet/engine_config.ts";
import { PostgresStore } from "../../runtime/fleet/postgres_store.ts";
import { startPostgres } from "./database_server.ts";
import { conform, SHORT_TIMES } from "./fleet_conformance.ts";

Deno.test("PostgreSQL does what every engine does", async (t) => {
  await using server = await startPostgres();
  await conform(t, {
    open: (space) =>
      new PostgresStore(postgresEngine({
        url: `postgres://app@127.0.0.1:${server.port}/postgres`,
        name: "test",
        space,
        times: SHORT_TIMES,
      })),
    pass: () => new Promise((resolve) => setTimeout(resolve, 50)),
  });
});

Deno.test("PostgreSQL is spoken to by TLS, and only with a certificate that is trusted", async () => {
  await using server = await startPostgres();
  const open = (name: string, ca: string | null, host = "localhost") =>
    new PostgresStore(postgresEngine({
      url: `postgres://app@${host}:${server.port}/postgres`,
      name,
      tls: { ca, own: null },
      // What is tried again until then would never be told as what it is.
      times: { ...SHORT_TIMES, callMs: 300_000 },
    }));
  for (const host of ["localhost", "127.0.0.1"]) {
    await using store = open(`of ${host}`, server.certificate, host);
    assertEquals(await store.found("e1"), true);
    const client = new pg.Client({ host: "127.0.0.1", port: server.port, user: "app", database: "postgres" });
    await client.connect();
    const { rows } = await client.query(
      "select distinct ssl from pg_stat_ssl join pg_stat_activity using (pid) where application_name = $1",
      [`nano of ${host}`],
    );
    await client.end();
    assertEquals(rows, [{ ssl: true }]);
  }
  await using stranger = open("stranger", null);
  const error = await assertRejects(() => stranger.head(), NanoError, "certificate");
  assertEquals(error.code, "FLEET_UNAVAILABLE");
});
