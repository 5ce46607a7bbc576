import { assertEquals } from "@std/assert";
import { FrameworkNano, STREAM_MODES, WHOLE_SYSTEM } from "./framework_nano.ts";

// A whole PostgreSQL in WebAssembly, which needs no host: its files are imported, and its data lives in memory.
const SOURCE = `import { PGlite } from "@electric-sql/pglite";
import { desc, sql } from "drizzle-orm";
import { integer, pgTable, serial, text } from "drizzle-orm/pg-core";
import { drizzle } from "drizzle-orm/pglite";
import initdbWasmModule from "./node_modules/@electric-sql/pglite/dist/initdb.wasm";
import files from "./node_modules/@electric-sql/pglite/dist/pglite.data" with { type: "bytes" };
import pgliteWasmModule from "./node_modules/@electric-sql/pglite/dist/pglite.wasm";

const users = pgTable("users", { id: serial().primaryKey(), name: text().notNull(), age: integer().notNull() });
async function open() {
  const db = drizzle(await PGlite.create({ pgliteWasmModule, initdbWasmModule, fsBundle: new Blob([files]) }));
  await db.execute(sql\`create table users (id serial primary key, name text not null unique, age integer not null)\`);
  return db;
}
let opening;
export default {
  async fetch(request: Request) {
    const db = await (opening ??= open());
    if (request.method === "POST") {
      try {
        return Response.json(await db.insert(users).values(await request.json()).returning(), { status: 201 });
      } catch (error) {
        return Response.json({ code: error.cause?.code }, { status: 409 });
      }
    }
    if (request.method === "DELETE") {
      await db.transaction(async (tx) => {
        await tx.delete(users);
        tx.rollback();
      }).catch(() => {});
    }
    return Response.json(await db.select({ name: users.name }).from(users).orderBy(desc(users.age)));
  },
};
`;

Deno.test({
  name: "drizzle-orm talks to PGlite, a PostgreSQL in the app's own memory, in both stream modes",
  ...WHOLE_SYSTEM,
  async fn(t) {
    await using nano = await FrameworkNano.start({
      packages: { "drizzle-orm": "0.45.4", "@electric-sql/pglite": "0.5.16" },
      apps: {
        database: {
          entry: "database.ts",
          source: SOURCE,
          config: {
            // With process.versions.node in sight PGlite takes the isolate for Node and imports "module" and "fs".
            node_compat: false,
            external_mb: 1024,
            // Starting a PostgreSQL is seconds of work, and many of them on a busy machine.
            cpu_ms: 60_000,
            timeout_ms: 60_000,
          },
        },
      },
    });
    for (const mode of STREAM_MODES) {
      await t.step(`${mode}: rows are kept, constraints hold, a transaction is rolled back`, async () => {
        const at = nano.url("database", mode);
        const signal = AbortSignal.timeout(60_000);
        const add = (rows: unknown, expect: number) =>
          nano.json(at, { method: "POST", body: JSON.stringify(rows), expect, signal });
        const ada = { name: "Ada", age: 36 };
        const grace = { name: "Grace", age: 85 };
        assertEquals(await add([ada, grace], 201), [{ id: 1, ...ada }, { id: 2, ...grace }]);
        assertEquals(await add(ada, 409), { code: "23505" });
        assertEquals(await nano.json(at, { method: "DELETE", signal }), [{ name: "Grace" }, { name: "Ada" }]);
      });
    }
  },
});
