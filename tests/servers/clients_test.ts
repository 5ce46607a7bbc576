/** Unmodified clients of databases, in an app, against real servers. */
import { assertEquals } from "@std/assert";
import { FrameworkNano, WHOLE_SYSTEM } from "../integration/frameworks/framework_nano.ts";
import { CLIENTS_APP } from "./clients_app.ts";
import { freePort } from "../support/free_port.ts";
import { startMariadb, startPostgres, startRedis } from "./database_server.ts";
import { MailSink } from "./mail_sink.ts";

const PACKAGES = {
  ...{ pg: "8.16.3", postgres: "3.4.7", ioredis: "5.8.0", redis: "5.8.2", mysql2: "3.15.1", nodemailer: "7.0.6" },
  ...{ "drizzle-orm": "0.44.5", kysely: "0.28.7" },
};

Deno.test({
  name: "Clients of PostgreSQL, MariaDB, Redis and SMTP work unmodified, in an app whose list names the servers",
  ...WHOLE_SYSTEM,
  async fn(t) {
    const [postgres, mariadb, redis] = await Promise.all([startPostgres(), startMariadb(), startRedis()]);
    let database = postgres;
    using mail = new MailSink();
    const closed = freePort();
    try {
      const ports = [postgres.port, mariadb.port, redis.port, mail.port, closed];
      const outbound = ports.map((port) => `127.0.0.1:${port}`);
      await using nano = await FrameworkNano.start({
        packages: PACKAGES,
        modes: ["native"],
        apps: { clients: { entry: "clients.ts", source: CLIENTS_APP, config: { outbound, cpu_ms: 60_000 } } },
      });
      const ask = async (call: string, port: number) =>
        await (await fetch(nano.url("clients", "native", `/${call}?port=${port}`))).json();
      const cases: readonly (readonly [call: string, port: number, answer: unknown])[] = [
        ["workers", redis.port, ["+PONG\r\n", `127.0.0.1:${redis.port}`]],
        ["deno", redis.port, "+PONG\r\n"],
        ["net", redis.port, ["+PONG\r\n", false, 7, 6]],
        ["refused", closed, ["ECONNREFUSED", "connect", "127.0.0.1", closed]],
        ["inside", redis.port, "EPERM"],
        ["listen", 0, "Cannot listen with node:net: NANO listens for the app; a server of node:http is one"],
        ["pool", postgres.port, [{ n: 42 }]],
        ["many", postgres.port, true],
        ["pgTls", postgres.port, [{ ssl: true }]],
        ["pgTlsUntrusted", postgres.port, "DEPTH_ZERO_SELF_SIGNED_CERT"],
        ["postgres", postgres.port, ["57014", [{ n: 6 }]]],
        ["drizzle", postgres.port, [{ n: 7 }]],
        ["kysely", postgres.port, [{ n: 8 }]],
        ["mysql", mariadb.port, [{ n: 2 }]],
        ["ioredis", redis.port, true],
        ["redis", redis.port, "2"],
        ["mail", mail.port, "250 queued"],
      ];
      for (const [call, port, answer] of cases) {
        await t.step(call, async () => assertEquals(await ask(call, port), answer));
      }
      assertEquals(mail.messages.length, 1);
      await t.step("a pool lives on when its database has died and come back", async () => {
        await database[Symbol.asyncDispose]();
        assertEquals(/ECONNREFUSED|terminated|57P01/.test(await ask("pool", database.port)), true);
        database = await startPostgres(database.port);
        assertEquals(await ask("pool", database.port), [{ n: 42 }]);
      });
    } finally {
      await Promise.all([database, mariadb, redis].map((server) => server[Symbol.asyncDispose]()));
    }
  },
});
