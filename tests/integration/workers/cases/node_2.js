/** Asked of Workers and of NANO: modules of Node, files to processes. */
// deno-lint-ignore-file -- as people write them, mistakes included
import buffer, { Buffer } from "node:buffer";
import util from "node:util";
import events from "node:events";
import stream from "node:stream";
import { text as consumeText } from "node:stream/consumers";
import assert from "node:assert";
import zlib from "node:zlib";
import path from "node:path";
import url from "node:url";
import timers from "node:timers";
import timersPromises from "node:timers/promises";
import fs from "node:fs";
import fsPromises from "node:fs/promises";
import http from "node:http";
import https from "node:https";
import nodeProcess from "node:process";
import dns from "node:dns";
import net from "node:net";
import tls from "node:tls";
import module_, { createRequire } from "node:module";
import os from "node:os";
import querystring from "node:querystring";
import punycode from "node:punycode";
import perf_hooks from "node:perf_hooks";
const attempt = async (f) => {
  try {
    return await f();
  } catch (e) {
    return `${e?.code ?? e?.name}`;
  }
};
export default {
  "timers": async () => [
    await timersPromises.setTimeout(1, "v"),
    await timersPromises.setImmediate("i"),
    typeof timers.setInterval,
    typeof timersPromises.scheduler?.wait,
    typeof timers.promises,
  ],
  "timers object": () => {
    const t = timers.setTimeout(() => {}, 1);
    const answer = [typeof t, typeof t?.unref, typeof t?.refresh, typeof t?.[Symbol.toPrimitive]];
    timers.clearTimeout(t);
    return answer;
  },
  "setTimeout of the global": () => {
    const t = setTimeout(() => {}, 1);
    clearTimeout(t);
    return [typeof t, typeof t?.unref];
  },
  "fs": async () => {
    fs.writeFileSync("/tmp/a.txt", "hello");
    return [
      fs.readFileSync("/tmp/a.txt", "utf8"),
      fs.existsSync("/tmp/a.txt"),
      fs.existsSync("/nope"),
      fs.statSync("/tmp/a.txt").size,
      fs.readdirSync("/tmp").includes("a.txt"),
      await fsPromises.readFile("/tmp/a.txt", "utf8"),
    ];
  },
  "fs missing": async () => [
    await attempt(() => fs.readFileSync("/nope/x")),
    await attempt(() => fsPromises.readFile("/nope/x")),
    await attempt(() => fs.writeFileSync("/own.txt", "x")),
  ],
  "fs root": () => fs.readdirSync("/").sort(),
  "fs bundle": () => fs.readdirSync("/bundle").length > 0,
  "fs dev": () => [fs.readFileSync("/dev/null").length, fs.readdirSync("/dev").sort()],
  "fs more": async () => {
    fs.mkdirSync("/tmp/d/e", { recursive: true });
    fs.writeFileSync("/tmp/d/e/f", "1");
    fs.appendFileSync("/tmp/d/e/f", "2");
    fs.renameSync("/tmp/d/e/f", "/tmp/d/g");
    fs.copyFileSync("/tmp/d/g", "/tmp/d/h");
    const r = [fs.readFileSync("/tmp/d/h", "utf8"), fs.readdirSync("/tmp/d").sort()];
    fs.rmSync("/tmp/d", { recursive: true });
    return [...r, fs.existsSync("/tmp/d")];
  },
  "fs fd": () => {
    const fd = fs.openSync("/tmp/fd", "w+");
    fs.writeSync(fd, "abc");
    const b = Buffer.alloc(3);
    fs.readSync(fd, b, 0, 3, 0);
    fs.closeSync(fd);
    return b.toString();
  },
  "fs stream": async () => {
    fs.writeFileSync("/tmp/s", "streamed");
    return await consumeText(fs.createReadStream("/tmp/s"));
  },
  "http get": async (_r, env) =>
    await new Promise((resolve, reject) =>
      http.get(env.UPSTREAM + "/plain", (res) => {
        let s = "";
        res.setEncoding("utf8");
        res.on("data", (c) => s += c);
        res.on("end", () => resolve([res.statusCode, s, res.headers["x-up"], res.statusMessage, res.httpVersion]));
      }).on("error", reject)
    ),
  "http post": async (_r, env) =>
    await new Promise((resolve, reject) => {
      const req = http.request(env.UPSTREAM + "/echo", { method: "POST", headers: { "x-q": "1" } }, (res) => {
        let s = "";
        res.on("data", (c) => s += c);
        res.on("end", () => {
          const j = JSON.parse(s);
          resolve([j.method, j.body, j.headers["x-q"]]);
        });
      });
      req.on("error", reject);
      req.write("a");
      req.end("b");
    }),
  "http members": () => [
    http.STATUS_CODES[404],
    http.METHODS.includes("GET"),
    typeof http.Agent,
    typeof http.createServer,
    typeof https.request,
    typeof http.IncomingMessage,
    typeof http.validateHeaderName,
    http.maxHeaderSize > 0,
  ],
  "process": () => [
    nodeProcess === process,
    process.platform,
    process.arch,
    typeof process.version,
    process.versions.node.split(".")[0] >= 18,
    process.cwd(),
    process.argv,
    process.pid,
    process.ppid,
    process.title,
    typeof process.nextTick,
    typeof process.hrtime.bigint(),
    typeof process.uptime(),
    process.release.name,
    process.exitCode ?? null,
  ],
  "process more": async () => [
    process.browser ?? null,
    typeof process.memoryUsage,
    typeof process.on,
    typeof process.emitWarning,
    typeof process.stdout?.write,
    process.stdout?.isTTY ?? null,
    process.stderr?.fd ?? null,
    typeof process.getBuiltinModule,
    process.features?.inspector ?? null,
    process.execPath,
    process.execArgv,
    process.umask(),
    process.config ? typeof process.config : null,
    typeof process.abort,
    process.env.PATH ?? null,
    process.env.HOME ?? null,
  ],
  "process.exit": () => attempt(() => process.exit(0)),
  "process.nextTick order": async () => {
    const got = [];
    Promise.resolve().then(() => got.push("p"));
    process.nextTick(() => got.push("t"));
    queueMicrotask(() => got.push("m"));
    await scheduler.wait(1);
    return got;
  },
  "process.getBuiltinModule": () => [
    process.getBuiltinModule("node:path") === path,
    process.getBuiltinModule("path") === path,
    process.getBuiltinModule("nope") ?? null,
  ],
  "dns":
    async () => [typeof dns.resolve4, typeof dns.promises.lookup, typeof dns.lookup, dns.getServers?.().length >= 0],
  "net": () => [
    net.isIP("1.2.3.4"),
    net.isIPv6("::1"),
    typeof net.connect,
    typeof net.Socket,
    typeof net.createConnection,
    typeof net.BlockList,
    typeof net.createServer,
  ],
  "net connect": async (_r, env) => {
    const u = new URL(env.UPSTREAM);
    return await new Promise((resolve, reject) => {
      const s = net.connect(Number(u.port), u.hostname, () => s.write("GET /plain HTTP/1.0\r\n\r\n"));
      let t = "";
      s.on("data", (c) => t += c);
      s.on("end", () => resolve(t.split("\r\n")[0]));
      s.on("error", reject);
    });
  },
  "tls":
    () => [typeof tls.connect, typeof tls.TLSSocket, typeof tls.checkServerIdentity, typeof tls.createSecureContext],
  "module": () => [
    typeof createRequire,
    createRequire("/x")("node:path") === path,
    module_.isBuiltin?.("node:fs"),
    module_.builtinModules.includes("path"),
    typeof createRequire("/x").resolve,
  ],
  "os": () => [
    os.EOL,
    os.platform(),
    os.type(),
    os.tmpdir(),
    os.homedir(),
    os.hostname(),
    os.endianness(),
    os.arch(),
    typeof os.cpus(),
    os.release?.(),
    os.availableParallelism?.(),
  ],
  "punycode": () => [punycode.toASCII("bücher.de"), punycode.toUnicode("xn--bcher-kva.de")],
  "perf_hooks": () => [
    perf_hooks.performance === performance,
    typeof perf_hooks.PerformanceObserver,
    typeof perf_hooks.monitorEventLoopDelay,
    typeof perf_hooks.constants,
  ],
  "all importable": async () => {
    const out = [];
    for (
      const n of [
        "assert/strict",
        "async_hooks",
        "buffer",
        "child_process",
        "cluster",
        "console",
        "constants",
        "crypto",
        "dgram",
        "diagnostics_channel",
        "dns",
        "dns/promises",
        "domain",
        "events",
        "fs",
        "http",
        "http2",
        "https",
        "inspector",
        "module",
        "net",
        "os",
        "path/posix",
        "perf_hooks",
        "process",
        "punycode",
        "querystring",
        "readline",
        "readline/promises",
        "repl",
        "sqlite",
        "stream/web",
        "string_decoder",
        "sys",
        "test",
        "timers",
        "tls",
        "trace_events",
        "tty",
        "url",
        "util/types",
        "v8",
        "vm",
        "wasi",
        "worker_threads",
        "zlib",
      ]
    ) {
      try {
        if (!process.getBuiltinModule("node:" + n)) out.push(n);
      } catch (e) {
        out.push([n, e.message]);
      }
    }
    return out;
  },
  "require of node": () => attempt(() => typeof require("node:path").join),
  "child_process": async () => await attempt(() => process.getBuiltinModule("node:child_process").execSync("ls")),
  "global": () => [global === globalThis, typeof global.process],
  "performance.timerify": () => typeof performance.timerify,
  "readable web stream": async () => {
    const { ReadableStream: R } = process.getBuiltinModule("node:stream/web");
    return R === ReadableStream;
  },
  "util.TextDecoder": () => util.TextDecoder === TextDecoder,
  "worker_threads": () => {
    const w = process.getBuiltinModule("node:worker_threads");
    return [w.isMainThread, w.threadId, typeof w.Worker, w.parentPort, w.workerData];
  },
  "tty": () => {
    const t = process.getBuiltinModule("node:tty");
    return t.isatty(1);
  },
  "v8": () => {
    const v = process.getBuiltinModule("node:v8");
    return [typeof v.serialize, typeof v.getHeapStatistics, typeof v.deserialize];
  },
  "vm": () => attempt(() => process.getBuiltinModule("node:vm").runInNewContext("1+1")),
};
