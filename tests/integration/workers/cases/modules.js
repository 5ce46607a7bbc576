/** Asked of Workers and of NANO: cloudflare: modules. */
// deno-lint-ignore-file -- as people write them, mistakes included
import * as workers from "cloudflare:workers";
import {
  DurableObject,
  env as moduleEnv,
  exports as moduleExports,
  RpcStub,
  RpcTarget,
  waitUntil,
  withEnv,
  WorkerEntrypoint,
  WorkflowEntrypoint,
} from "cloudflare:workers";
import { connect } from "cloudflare:sockets";
import { EmailMessage } from "cloudflare:email";
const attempt = async (f) => {
  try {
    return await f();
  } catch (e) {
    return `${e?.name}`;
  }
};
const TOP = moduleEnv.TEXT;
export default {
  "names": () => Object.keys(workers).sort(),
  "env": (_r, env) => [moduleEnv.TEXT, moduleEnv.OBJECT, TOP, moduleEnv === env],
  "withEnv": () => [withEnv({ TEXT: "other" }, () => moduleEnv.TEXT), moduleEnv.TEXT],
  "withEnv async": async () => {
    const p = withEnv({ TEXT: "other" }, async () => {
      await scheduler.wait(1);
      return moduleEnv.TEXT;
    });
    return [moduleEnv.TEXT, await p];
  },
  "withEnv keys": () => withEnv({ A: 1 }, () => [Object.keys(moduleEnv), "TEXT" in moduleEnv, moduleEnv.A]),
  "withEnv throws": () =>
    attempt(() =>
      withEnv({ A: 1 }, () => {
        throw new RangeError("x");
      })
    ),
  "waitUntil": () => waitUntil(Promise.resolve()) ?? "undefined",
  "classes": () => [
    typeof WorkerEntrypoint,
    typeof RpcTarget,
    typeof RpcStub,
    typeof DurableObject,
    typeof WorkflowEntrypoint,
    typeof moduleExports,
  ],
  "entrypoint by hand": (_r, env, ctx) => {
    class E extends WorkerEntrypoint {
      go() {
        return [this.env === env, this.ctx === ctx];
      }
    }
    return new E(ctx, env).go();
  },
  "exports": async (
    _r,
    _e,
    ctx,
  ) => [typeof ctx.exports.default, typeof moduleExports.Named, Object.keys(ctx.exports).sort()],
  "exports call": async () => await moduleExports.Named.hello("x"),
  "exports fetch": async () => await (await moduleExports.default.fetch("http://x/text/ctx.props")).json(),
  "exports with props": async (_r, _e, ctx) => await ctx.exports.Named({ props: { p: 1 } }).props(),
  "rpc stub": async () => {
    class T extends RpcTarget {
      hi() {
        return "hi";
      }
    }
    return await attempt(async () => await new RpcStub(new T()).hi());
  },
  "sockets": async (_r, env) => {
    const u = new URL(env.UPSTREAM);
    const s = connect({ hostname: u.hostname, port: Number(u.port) });
    const w = s.writable.getWriter();
    await w.write(new TextEncoder().encode("GET /plain HTTP/1.0\r\n\r\n"));
    return (await new Response(s.readable).text()).split("\r\n")[0];
  },
  "sockets text": async (_r, env) => {
    const s = connect(new URL(env.UPSTREAM).host);
    const info = await s.opened;
    await s.close();
    return [Object.keys(info).sort(), await s.closed ?? null, s.upgraded, s.secureTransport];
  },
  "sockets refused": async () =>
    await attempt(async () => {
      const s = connect("127.0.0.1:1");
      s.closed.catch(() => {});
      await s.opened;
    }),
  "sockets bad": () => attempt(() => connect("nope")),
  "email": () => {
    const m = new EmailMessage("a@x.test", "b@x.test", "raw");
    return [m.from, m.to];
  },
  "imported dynamically": async () => Object.keys(await import("cloudflare:workers")).length > 5,
  "performance and Cloudflare": () => Object.keys(Cloudflare).sort(),
  "tracing": () => typeof workers.tracing,
};
