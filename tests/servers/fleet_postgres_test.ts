/** A fleet's engine in a real PostgreSQL. */
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
