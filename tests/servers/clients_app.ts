/** An app that talks to databases with the clients that people use, unmodified. */
export const CLIENTS_APP = `import { connect } from "cloudflare:sockets";
import net from "node:net";
import { sql } from "drizzle-orm";
import { drizzle } from "drizzle-orm/node-postgres";
import Ioredis from "ioredis";
import { Kysely, PostgresDialect, sql as ksql } from "kysely";
import mysql from "mysql2/promise";
import nodemailer from "nodemailer";
import pg from "pg";
import postgres from "postgres";
import { createClient } from "redis";

const host = "127.0.0.1";
let pool;
const poolOf = (port) => pool ??= new pg.Pool({ host, port, user: "app", database: "postgres", max: 5 }).on("error", () => {});
const calls = {
  async workers(port) {
    const socket = connect({ hostname: host, port });
    const writer = socket.writable.getWriter();
    await writer.write(new TextEncoder().encode("PING\\r\\n"));
    const { value } = await socket.readable.getReader().read();
    const { remoteAddress } = await socket.opened;
    await socket.close();
    return [new TextDecoder().decode(value), remoteAddress];
  },
  async deno(port) {
    using connection = await Deno.connect({ hostname: host, port });
    await connection.write(new TextEncoder().encode("PING\\r\\n"));
    const bytes = new Uint8Array(100);
    return new TextDecoder().decode(bytes.subarray(0, await connection.read(bytes)));
  },
  net: (port) => new Promise((resolve, reject) => {
    const socket = net.connect(port, host, () => socket.write("PING\\r\\n"));
    socket.on("error", reject).once("data", (data) => {
      socket.end();
      socket.once("close", (hadError) => resolve([String(data), hadError, socket.bytesRead, socket.bytesWritten]));
    });
  }),
  refused: (port) => new Promise((resolve) => {
    net.connect(port, host).on("error", ({ code, syscall, address, port }) => resolve([code, syscall, address, port]));
  }),
  inside: (port) => new Promise((resolve) => net.connect(port, "localhost").on("error", ({ code }) => resolve(code))),
  listen: () => { try { net.createServer(); } catch (error) { return error.message; } },
  pool: async (port) => (await poolOf(port).query("select 1 + $1::int as n", [41])).rows,
  async many(port) {
    const all = await Promise.all(Array.from({ length: 200 }, (_, n) => poolOf(port).query("select $1::int as n", [n])));
    return all.every(({ rows }, n) => rows[0].n === n);
  },
  async pgTls(port) {
    const client = new pg.Client({ host, port, user: "app", database: "postgres", ssl: { rejectUnauthorized: false } });
    await client.connect();
    const { rows } = await client.query("select ssl from pg_stat_ssl where pid = pg_backend_pid()");
    await client.end();
    return rows;
  },
  async pgTlsUntrusted(port) {
    const client = new pg.Client({ host, port, user: "app", database: "postgres", ssl: true });
    return await client.connect().then(() => "connected", ({ code }) => code);
  },
  async postgres(port) {
    const sql = postgres({ host, port, user: "app", database: "postgres" });
    const sleeping = sql\`select pg_sleep(60)\`.execute();
    setTimeout(() => sleeping.cancel(), 100);
    const cancelled = await sleeping.then(() => "slept", ({ code }) => code);
    const rows = await sql\`select \${5}::int + 1 as n\`;
    await sql.end();
    return [cancelled, rows];
  },
  drizzle: async (port) => (await drizzle(poolOf(port)).execute(sql\`select 7 as n\`)).rows,
  async kysely(port) {
    const pool = new pg.Pool({ host, port, user: "app", database: "postgres" });
    const db = new Kysely({ dialect: new PostgresDialect({ pool }) });
    const { rows } = await ksql\`select 8 as n\`.execute(db);
    await db.destroy();
    return rows;
  },
  async mysql(port) {
    const connection = await mysql.createConnection({ host, port, user: "app" });
    const [rows] = await connection.query("select 1 + ? as n", [1]);
    await connection.end();
    return rows;
  },
  async ioredis(port) {
    const client = new Ioredis(port, host);
    const value = "x".repeat(8_000_000);
    await client.set("big", value);
    const isSame = await client.get("big") === value;
    await client.quit();
    return isSame;
  },
  async redis(port) {
    const client = await createClient({ url: \`redis://\${host}:\${port}\` }).connect();
    await client.set("b", "2");
    const value = await client.get("b");
    await client.quit();
    return value;
  },
  async mail(port) {
    const transport = nodemailer.createTransport({ host, port });
    const { response } = await transport.sendMail({ from: "a@x.test", to: "b@y.test", subject: "Hi", text: "Hello" });
    transport.close();
    return response;
  },
};
export default {
  async fetch(request) {
    const { pathname, searchParams } = new URL(request.url);
    try {
      return Response.json(await calls[pathname.slice(1)](Number(searchParams.get("port"))));
    } catch (error) {
      return Response.json(\`\${error.name} \${error.code}: \${error.message}\`, { status: 500 });
    }
  },
};
`;
