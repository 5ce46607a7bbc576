/** The app with bindings that the bench serves, by NANO and by wrangler alike. */

/** Entries of the namespace, and rows of the table. */
export const ENTRIES = 1000;
/** What each of them holds. */
export const VALUE_CHARS = 100;
/** Calls under way at once inside a request. */
export const AT_ONCE = 16;
/** What an echo is sent at once. */
export const ECHO_BYTES = 1024;
/** The query of a point. */
export const POINT_SQL = "SELECT id, name, body FROM posts WHERE id = ?";
/** The same with a parameter that makes it another query each time. */
export const NEW_POINT_SQL = `${POINT_SQL} AND ? > 0`;
/** The table of {@linkcode POINT_SQL}. */
export const TABLE_SQL = "CREATE TABLE IF NOT EXISTS posts (id INTEGER PRIMARY KEY, name TEXT NOT NULL, body TEXT)";

/**
 * Paths: /fill, /hello, /kv, /d1 and, with `?ms=`, /kv-loop, /kv-put-loop, /d1-loop, /d1-file-loop, /d1-rows-loop,
 * /echo-loop.
 */
export const BINDINGS_APP = `
import { connect } from "cloudflare:sockets";

const value = "v".repeat(${VALUE_CHARS});

/** No two calls of all requests ask the same, so that no answer is one that NANO has kept. */
let newCalls = 0;

/** Calls a second, ${AT_ONCE} at once. */
async function during(ms, one) {
  let count = 0;
  const began = Date.now();
  let now = began;
  await Promise.all(Array.from({ length: ${AT_ONCE} }, async (_, lane) => {
    for (let at = lane * 61; (now = Date.now()) < began + ms; at += 7) {
      await one(at % ${ENTRIES}, lane);
      count++;
    }
  }));
  return count / (now - began) * 1000;
}

async function fill({ CACHE, DB }) {
  for (let at = 0; at < ${ENTRIES}; at += 50) {
    await Promise.all(Array.from({ length: 50 }, (_, more) => CACHE.put("key-" + (at + more), value)));
  }
  await DB.exec(${JSON.stringify(TABLE_SQL)});
  const insert = DB.prepare("INSERT OR REPLACE INTO posts (id, name, body) VALUES (?, ?, ?)");
  for (let at = 0; at < ${ENTRIES}; at += 100) {
    await DB.batch(Array.from({ length: 100 }, (_, more) => insert.bind(at + more, "post " + (at + more), value)));
  }
  return "filled";
}

async function echoes(ms, port) {
  const bytes = new Uint8Array(${ECHO_BYTES}).fill(97);
  const ends = Array.from({ length: ${AT_ONCE} }, () => {
    const socket = connect({ hostname: "127.0.0.1", port });
    return { reader: socket.readable.getReader(), writer: socket.writable.getWriter() };
  });
  const perSecond = await during(ms, async (_at, lane) => {
    const { reader, writer } = ends[lane];
    writer.write(bytes);
    for (let got = 0; got < bytes.byteLength;) {
      const { done, value } = await reader.read();
      if (done) throw new Error("The echo ended");
      got += value.byteLength;
    }
  });
  for (const { writer } of ends) await writer.close();
  return perSecond;
}

async function loop(env, url) {
  const ms = Number(url.searchParams.get("ms"));
  const { CACHE, DB } = env;
  switch (url.pathname) {
    case "/kv-loop":
      return await during(ms, async (at) => {
        if (await CACHE.get("key-" + at) !== value) throw new Error("KV answered something else");
      });
    case "/kv-put-loop":
      return await during(ms, (at) => CACHE.put("key-" + at, value));
    case "/d1-loop": {
      const point = DB.prepare(${JSON.stringify(POINT_SQL)});
      return await during(ms, async (at) => {
        if ((await point.bind(at).first()).id !== at) throw new Error("D1 answered something else");
      });
    }
    case "/d1-file-loop": {
      const point = DB.prepare(${JSON.stringify(NEW_POINT_SQL)});
      return await during(ms, async (at) => {
        if ((await point.bind(at, ++newCalls).first()).id !== at) throw new Error("D1 answered something else");
      });
    }
    case "/d1-rows-loop": {
      const rows = DB.prepare("SELECT id, name, body FROM posts WHERE id >= ? ORDER BY id LIMIT 100");
      return await during(ms, async (at) => {
        if ((await rows.bind(at % 900).all()).results.length !== 100) throw new Error("D1 answered something else");
      });
    }
    case "/d1-insert-loop": {
      const insert = DB.prepare("INSERT OR REPLACE INTO posts (id, name, body) VALUES (?, ?, ?)");
      return await during(ms, (at) => insert.bind(at, "post " + at, value).run());
    }
    case "/echo-loop":
      return await echoes(ms, Number(url.searchParams.get("port")));
  }
}

export default {
  async fetch(request, env) {
    const url = new URL(request.url);
    switch (url.pathname) {
      case "/hello":
        return new Response(value);
      case "/kv":
        return new Response(await env.CACHE.get("key-7"));
      case "/d1":
        return Response.json(await env.DB.prepare(${JSON.stringify(POINT_SQL)}).bind(7).first());
      case "/fill":
        return new Response(await fill(env));
      default:
        return new Response(String(await loop(env, url)));
    }
  },
};
`;
