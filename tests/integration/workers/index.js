/** Runs the case that a path names: "/GROUP/NAME"; "/" lists them all. */
import { WorkerEntrypoint } from "cloudflare:workers";
import { shown } from "./shown.js";
import caches from "./cases/caches.js";
import crypto from "./cases/crypto.js";
import fetch_1 from "./cases/fetch_1.js";
import fetch_2 from "./cases/fetch_2.js";
import fetch_3 from "./cases/fetch_3.js";
import globals_1 from "./cases/globals_1.js";
import globals_2 from "./cases/globals_2.js";
import html from "./cases/html.js";
import modules from "./cases/modules.js";
import node_1 from "./cases/node_1.js";
import node_2 from "./cases/node_2.js";
import sockets from "./cases/sockets.js";
import streams_1 from "./cases/streams_1.js";
import streams_2 from "./cases/streams_2.js";
import text from "./cases/text.js";

const GROUPS = {
  caches: caches,
  crypto: crypto,
  fetch: { ...fetch_1, ...fetch_2, ...fetch_3 },
  globals: { ...globals_1, ...globals_2 },
  html: html,
  modules: modules,
  node: { ...node_1, ...node_2 },
  sockets: sockets,
  streams: { ...streams_1, ...streams_2 },
  text: text,
};

export class Named extends WorkerEntrypoint {
  hello(name) {
    return `hello ${name}`;
  }
  props() {
    return this.ctx.props;
  }
}

export default {
  async fetch(request, env, ctx) {
    const [group, ...rest] = decodeURIComponent(new URL(request.url).pathname.slice(1)).split("/");
    if (group === "") {
      return Response.json(
        Object.entries(GROUPS).flatMap(([one, cases]) => Object.keys(cases).map((name) => `${one}/${name}`)),
      );
    }
    const run = GROUPS[group]?.[rest.join("/")];
    if (run === undefined) return new Response("no such case", { status: 404 });
    try {
      const value = await run(request, env, ctx);
      if (!(value instanceof Response)) return Response.json({ value: shown(value) });
      const raw = new Response(value.body, value);
      raw.headers.set("x-raw", "1");
      return raw;
    } catch (error) {
      return Response.json({ thrown: shown(error) });
    }
  },
};
