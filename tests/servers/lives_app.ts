/** An app that holds pools of databases which die, come back, and hear of a new generation of the app. */
export const LIVES_APP = `import net from "node:net";
import Ioredis from "ioredis";
import { MongoClient } from "mongodb";
import mysql from "mysql2/promise";
import pg from "pg";

const host = "127.0.0.1";
const pools = new Map();
const once = (key, make) => pools.get(key) ?? pools.set(key, make()).get(key);
const pgOf = (port) => once("pg", () => new pg.Pool({ host, port, user: "app", database: "postgres", max: 5, application_name: "pooled" }).on("error", () => {}));
const mysqlOf = (port) => once("mysql", () => mysql.createPool({ host, port, user: "app", connectionLimit: 5 }));
const redisOf = (port) => once("redis", () => new Ioredis(port, host, { maxRetriesPerRequest: 1 }).on("error", () => {}));
const all = (count, run) => Promise.all(Array.from({ length: count }, run));
let held = [];
// A cancel that comes before its query finds nothing to cancel, so it is asked for until it has.
const cancelled = async (query, cancel) => {
  let how;
  query.then(() => how = "it ended", ({ code }) => how = code);
  while (how === undefined) {
    await cancel();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return how;
};
const calls = {
  pg: async ({ port }) => (await pgOf(port).query("select 41 + 1 as n")).rows[0].n,
  pgLong: async ({ port }) => (await pgOf(port).query("select pg_sleep(600)")).rows,
  pgFill: async ({ port }) => (await all(5, () => pgOf(port).query("select pg_sleep(0.3)"))).length,
  pgCount: async ({ port }) => {
    const client = new pg.Client({ host, port, user: "app", database: "postgres" });
    await client.connect();
    const { rows } = await client.query("select count(*)::int as n from pg_stat_activity where application_name = 'pooled'");
    await client.end();
    return rows[0].n;
  },
  pgCancel: async ({ port }) => {
    const client = await pgOf(port).connect();
    const { rows: [{ pid }] } = await client.query("select pg_backend_pid() as pid");
    const how = await cancelled(
      client.query("select pg_sleep(600)"),
      () => pgOf(port).query("select pg_cancel_backend($1)", [pid]),
    );
    const { rows: [{ n }] } = await client.query("select 2 as n");
    client.release();
    return [how, n];
  },
  mysql: async ({ port }) => (await mysqlOf(port).query("select 41 + 1 as n"))[0][0].n,
  mysqlLong: async ({ port }) => (await mysqlOf(port).query("select sleep(600)"))[0],
  mysqlCancel: async ({ port }) => {
    const client = await mysqlOf(port).getConnection();
    const [[{ id }]] = await client.query("select connection_id() as id");
    const endless = "select count(*) from " + ["a", "b", "c", "d"].map((name) => "information_schema.columns " + name).join();
    const how = await cancelled(client.query(endless), () => mysqlOf(port).query("kill query " + Number(id)));
    const [[{ n }]] = await client.query("select 2 as n");
    client.release();
    return [how, n];
  },
  redis: async ({ port }) => {
    await redisOf(port).set("n", 42);
    return Number(await redisOf(port).get("n"));
  },
  redisLong: async ({ port }) => {
    const client = new Ioredis(port, host, { retryStrategy: null }).on("error", () => {});
    return await client.blpop("nothing", 600).finally(() => client.disconnect());
  },
  redisCount: async ({ port }) => Number(/connected_clients:(\\d+)/.exec(await redisOf(port).info("clients"))[1]),
  hold: async ({ port, count }) => {
    held = await all(count, () => new Promise((resolve, reject) => {
      const socket = net.connect(port, host, () => socket.write("PING\\r\\n"));
      socket.on("error", reject).once("data", () => resolve(socket));
    }));
    return held.length;
  },
  release: async () => {
    await Promise.all(held.map((socket) => new Promise((resolve) => socket.once("close", resolve).end())));
    return held.length;
  },
  mongo: async ({ port }) => {
    const client = new MongoClient("mongodb://127.0.0.1:" + port + "/?directConnection=true", { serverSelectionTimeoutMS: 20000 });
    await client.connect();
    const people = client.db("test").collection("people");
    const { acknowledged } = await people.insertOne({ name: "Ada" });
    const found = await people.findOne({ name: "Ada" });
    await client.close();
    return [acknowledged, found];
  },
};
export default {
  async fetch(request) {
    const { call, ...options } = await request.json();
    try {
      return Response.json(await calls[call](options));
    } catch (error) {
      const { code, message } = error.errors?.[0] ?? error;
      return new Response([error.name, code, message].filter(Boolean).join(" "), { status: 500 });
    }
  },
};
`;
