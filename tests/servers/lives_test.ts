/** Databases that die and come back, pools over reloads, many connections: unmodified clients against real servers. */
import { assertEquals, assertMatch } from "@std/assert";
import { FrameworkNano, type StreamMode, WHOLE_SYSTEM } from "../integration/frameworks/framework_nano.ts";
import { until } from "../integration/life/until.ts";
import { type DatabaseServer, startMariadb, startPostgres, startRedis } from "./database_server.ts";
import { LIVES_APP } from "./lives_app.ts";
import { MongoStub } from "./mongo_stub.ts";

const PACKAGES = { pg: "8.16.3", ioredis: "5.8.0", mysql2: "3.15.1", mongodb: "6.20.0" };
/** A clear error has come by then: none of the clients waits for an answer of a server that is gone. */
const ANSWER_MS = 60_000;

/** Server, what tells that a query under way was lost, and what tells that nobody is there. */
const KINDS = {
  pg: { start: startPostgres, lost: /Connection terminated|57P0|ECONNRESET/, gone: /ECONNREFUSED/ },
  mysql: { start: startMariadb, lost: /PROTOCOL_CONNECTION_LOST|ECONNRESET/, gone: /ECONNREFUSED/ },
  redis: { start: startRedis, lost: /Connection is closed|ECONNRESET/, gone: /MaxRetriesPerRequest|ECONNREFUSED/ },
} as const;

Deno.test({
  name: "Pools outlive their databases, and end with their generation of the app",
  ...WHOLE_SYSTEM,
  async fn(t) {
    const servers: Record<string, DatabaseServer> = {};
    using mongo = new MongoStub();
    try {
      for (const [kind, { start }] of Object.entries(KINDS)) servers[kind] = await start();
      const portOf = (kind: string) => servers[kind]!.port;
      const outbound = [...Object.keys(KINDS).map(portOf), mongo.port].map((port) => `127.0.0.1:${port}`);
      await using nano = await FrameworkNano.start({
        packages: PACKAGES,
        apps: {
          lives: { entry: "lives.ts", source: LIVES_APP, config: { outbound, cpu_ms: 60_000, timeout_ms: 600_000 } },
        },
      });
      const ask = async (call: string, options: object, mode: StreamMode = "native") => {
        const response = await fetch(nano.url("lives", mode), {
          method: "POST",
          body: JSON.stringify({ call, ...options }),
          signal: AbortSignal.timeout(ANSWER_MS),
        });
        return response.ok ? await response.json() : await response.text();
      };

      for (const [kind, { start, lost, gone }] of Object.entries(KINDS)) {
        await t.step(
          `${kind}: a query under way fails, meanwhile there are clear errors, then all is as before`,
          async () => {
            const port = portOf(kind);
            assertEquals(await ask(kind, { port }), 42);
            const under = ask(`${kind}Long`, { port });
            // So that it is under way: the other comes later.
            assertEquals(await ask(kind, { port }), 42);
            await servers[kind]!.kill();
            assertMatch(await under, lost);
            // What a pool still holds may tell that it was lost, once each.
            const answers: string[] = [];
            await until(async () => gone.test(answers[answers.push(await ask(kind, { port })) - 1]!), "a refusal");
            for (const answer of answers) assertMatch(answer, new RegExp(`${lost.source}|${gone.source}`));
            await servers[kind]![Symbol.asyncDispose]();
            servers[kind] = await start(port);
            await until(async () => await ask(kind, { port }) === 42, `${kind} is as before`);
            assertEquals([await ask(kind, { port }), await ask(kind, { port })], [42, 42]);
          },
        );
      }

      await t.step("a query is cancelled, and its connection goes on", async () => {
        assertEquals(await ask("pgCancel", { port: portOf("pg") }), ["57014", 2]);
        assertEquals(await ask("mysqlCancel", { port: portOf("mysql") }), ["ER_QUERY_INTERRUPTED", 2]);
      });

      await t.step("a reload closes the connections of the old generation", async () => {
        const port = portOf("pg");
        const count = (expected: number) =>
          until(async () => await ask("pgCount", { port }, "polyfill") === expected, `${expected} pooled connections`);
        assertEquals(await ask("pgFill", { port }), 5);
        await count(5);
        for (let at = 1; at <= 2; at++) {
          await nano.rewrite("lives.ts", `${LIVES_APP}\n// Change ${at}`);
          await count(0);
          assertEquals(await ask("pgFill", { port }), 5);
          await count(5);
        }
      });

      await t.step("a thousand connections are open at once, and none is left", async () => {
        const port = portOf("redis");
        const modes = ["native", "polyfill"] as const;
        assertEquals(await Promise.all(modes.map((mode) => ask("hold", { port, count: 500 }, mode))), [500, 500]);
        const clients = await ask("redisCount", { port }) as number;
        assertEquals(clients >= 1000, true, `${clients} clients`);
        assertEquals(await Promise.all(modes.map((mode) => ask("release", {}, mode))), [500, 500]);
        await until(async () => await ask("redisCount", { port }) as number <= 3, "only the pools are left");
      });

      await t.step("mongodb shakes hands, inserts and finds, and leaves no connection behind", async () => {
        const { port } = mongo;
        assertEquals(await ask("mongo", { port }), [true, { _id: 7, name: "Ada" }]);
        for (const command of ["insert", "find"]) {
          assertEquals(mongo.commands.filter((one) => one === command).length, 1, mongo.commands.join());
        }
        await until(() => mongo.size === 0, "no connection is left");
      });
    } finally {
      await Promise.all(Object.values(servers).map((server) => server[Symbol.asyncDispose]()));
    }
  },
});
