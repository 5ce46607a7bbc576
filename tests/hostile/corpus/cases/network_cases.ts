/** Network: where an app may not go, by every way out it has, and upstreams that behave badly. */
import type { HostileCase } from "../hostile_case.ts";
import { withUpstream } from "../bad_upstream.ts";

const KEPT_IN = ["200"];
/** Keeps a case short when a way out hangs; a hang is no refusal. */
const LIMITS = { timeout_ms: 20_000 };

/** Hosts that mean this machine, its network or its cloud; each must be refused before anything is sent. */
export const ADDRESSES: Readonly<Record<string, readonly string[]>> = {
  "names of this machine": ["localhost", "LOCALHOST", "localhost.", "foo.localhost"],
  "loopback in other writings": [
    "127.0.0.1",
    "127.1",
    "0x7f000001",
    "2130706433",
    "0177.0.0.1",
    "127.0.0.1.",
    "127.8.9.10",
  ],
  "loopback of version 6": ["[::1]", "[0:0:0:0:0:0:0:1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]"],
  "any address": ["0.0.0.0", "0", "[::]"],
  "private networks": [
    "10.0.0.1",
    "172.16.0.1",
    "192.168.0.1",
    "100.64.0.1",
    "198.18.0.1",
    "[fc00::1]",
    "[fd12:3456::1]",
  ],
  "link-local and metadata": [
    "169.254.169.254",
    "169.254.0.1",
    "[fe80::1]",
    "[fd00:ec2::254]",
    "metadata.google.internal",
  ],
  "translated addresses": [
    "[64:ff9b::7f00:1]",
    "[64:ff9b::a9fe:a9fe]",
    "[2002:7f00:1::]",
    "[2002:a9fe:a9fe::1]",
    "[2001:0:7f00:1::]",
  ],
  "multicast and reserved": ["224.0.0.1", "255.255.255.255", "240.0.0.1", "192.0.2.1", "[ff02::1]", "[2001:db8::1]"],
};

const TO_TRAP = `const trap = env.TRAP; const admin = env.ADMIN;`;

/** Ways out that lead to a port of this machine; each throws when it gets there. */
const WAYS: Readonly<Record<string, string>> = {
  "the admin listener":
    `for (const host of ["127.0.0.1", "localhost", "[::1]"]) for (const path of ["/livez", "/admin/apps", "/metrics"])
      await refused(async () => (await fetch("http://" + host + ":" + admin + path)).status);`,
  "sockets": `for (const url of ["ws://127.0.0.1:" + trap, "ws://localhost:" + trap, "ws://[::1]:" + trap])
      await refused(() => new Promise((resolve, reject) => { const s = new WebSocket(url); s.onopen = () => resolve("open"); s.onerror = s.onclose = () => reject(); }));`,
  "event sources":
    `await refused(() => new Promise((resolve, reject) => { const s = new EventSource("http://127.0.0.1:" + trap); s.onopen = () => resolve("open"); s.onerror = () => { s.close(); reject(); }; }));`,
  "UDP, QUIC and names":
    `for (const make of [() => Deno.resolveDns("localhost", "A"), () => Deno.connectQuic?.({ port: Number(trap) }), () => Deno.connect({ transport: "vsock", cid: 1, port: Number(trap) })]) await refused(make);
    const { createSocket } = await import("node:dgram"); for (const call of ["send", "connect"])
      await refused(() => new Promise((resolve, reject) => createSocket("udp4")[call](...call === "send" ? ["x"] : [], Number(trap), "127.0.0.1", (error) => error ? reject(error) : resolve())));
    await refused(() => new Promise((resolve, reject) => createSocket("udp4").on("error", reject).on("listening", resolve).bind(0)));
    const { promises } = await import("node:dns"); await refused(() => promises.lookup("localhost"));
    await refused(async () => (await import("node:http2")).connect("http://127.0.0.1:" + trap).socket.remotePort);`,
  "requests of Node": `const [http, https] = [await import("node:http"), await import("node:https")];
    for (const get of [http.get, https.get, http.request]) for (const host of ["127.0.0.1", "localhost", "::1"])
      await refused(() => new Promise((resolve, reject) => get({ host, port: trap }, resolve).on("error", reject).end()));`,
  "requests as objects": `await refused(async () => (await fetch(new Request("http://127.0.0.1:" + trap))).status);
    await refused(async () => (await fetch(new URL("http://127.0.0.1:" + trap))).status);
    let reads = 0; await refused(async () => (await fetch({ toString: () => reads++ === 0 ? "http://example.com" : "http://127.0.0.1:" + trap, url: "http://127.0.0.1:" + trap })).status);`,
  "other schemes":
    `for (const url of ["file:///etc/passwd", "unix:/var/run/docker.sock", "ftp://127.0.0.1/", "gopher://127.0.0.1/", "data+x:,x", "http+unix://x/"])
      await refused(async () => (await fetch(url)).text());`,
  "clients and proxies of its own":
    `await refused(async () => (await fetch("http://example.com", { client: Deno.createHttpClient({ proxy: { url: "http://127.0.0.1:" + trap } }) })).status);
    process.env.HTTP_PROXY = process.env.http_proxy = "http://127.0.0.1:" + trap; await refused(async () => (await fetch("http://localhost:" + trap)).status);`,
  "headers that name another host":
    `await refused(async () => (await fetch("http://127.0.0.1:" + trap, { headers: { host: "example.com" } })).status);
    await refused(async () => (await fetch("http://example.com@127.0.0.1:" + trap)).status); await refused(async () => (await fetch("http://127.0.0.1:" + trap + "#@example.com")).status);`,
  "a replaced check":
    `const { test } = RegExp.prototype; RegExp.prototype.test = () => true; String.prototype.startsWith = () => true; Set.prototype.has = () => true; Array.prototype.includes = () => true;
    await refused(async () => (await fetch("http://127.0.0.1:" + trap)).status); RegExp.prototype.test = test;`,
  "streamed code":
    `await refused(() => WebAssembly.compileStreaming(fetch("http://127.0.0.1:" + trap))); await refused(() => Function("u", "return import(u)")("http://127.0.0.1:" + trap));
    await refused(() => { const s = new (globalThis.XMLHttpRequest)(); s.open("GET", "http://127.0.0.1:" + trap, false); s.send(); return 1; });
    await refused(() => navigator.sendBeacon("http://127.0.0.1:" + trap));`,
};

/** Upstreams that an app with `outbound: "any"` asks; it must hear of the end, and neither hang nor die. */
const HEARS =
  `const outcome = await (async () => { try { return "got " + (await (await fetch("http://127.0.0.1:" + request.headers.get("x-upstream") + PATH)).arrayBuffer()).byteLength; }
    catch (error) { return error.name; } })(); return new Response(outcome);`;

function hears(name: string, path: string, outcomes: readonly string[]): HostileCase {
  return {
    name,
    deed: HEARS.replace("PATH", JSON.stringify(path)),
    act: (scene, app) => withUpstream((port) => scene.see(app, "/", { headers: { "x-upstream": String(port) } })),
    sees: outcomes.map((outcome) => `200 ${outcome}`),
    limits: { outbound: "any", timeout_ms: 30_000 },
  };
}

/** Attacks through the network, in and out. */
export const NETWORK_CASES: readonly HostileCase[] = [
  ...Object.entries(ADDRESSES).map(([name, hosts]): HostileCase => ({
    name,
    deed: `for (const host of ${JSON.stringify(hosts)}) for (const port of [env.TRAP, "80"])
      await refused(async () => (await fetch("http://" + host + ":" + port + "/")).status);`,
    sees: KEPT_IN,
    limits: LIMITS,
  })),
  ...Object.entries(WAYS).map(([name, deed]): HostileCase => ({
    name: `this machine by ${name}`,
    deed: `${TO_TRAP} ${deed}`,
    sees: KEPT_IN,
    limits: LIMITS,
    spoilsItself: true,
  })),
  {
    name: "this machine from other places",
    deed: `await refused(async () => (await fetch("http://127.0.0.1:" + env.TRAP)).status);`,
    places: ["timer", "after the response", "top level", "drain"],
    sees: KEPT_IN,
  },
  {
    name: "no way out at all",
    deed:
      `for (const url of ["http://example.com", "https://1.1.1.1", "http://[2606:4700::1111]/"]) await refused(async () => (await fetch(url)).status);`,
    sees: KEPT_IN,
    limits: { outbound: "none" },
  },
  hears("an upstream that is reset at once", "/reset", ["TypeError"]),
  hears("an upstream that ends within its length", "/short", ["TypeError"]),
  hears("an upstream that ends within a chunk", "/cut-chunk", ["TypeError"]),
  hears("an upstream whose chunks are no chunks", "/bad-chunk", ["TypeError"]),
  hears("an upstream whose gzip is none", "/bad-gzip", ["TypeError"]),
  hears("an upstream that speaks no HTTP", "/garbage", ["TypeError"]),
  hears("an upstream with a head without end", "/endless-head", ["TypeError"]),
  hears("an upstream that redirects for ever", "/redirects", ["TypeError"]),
  {
    name: "an upstream that says nothing",
    deed:
      `try { await fetch("http://127.0.0.1:" + request.headers.get("x-upstream") + "/silent", { signal: AbortSignal.timeout(300) }); }
      catch (error) { return new Response(error.name); }`,
    act: (scene, app) => withUpstream((port) => scene.see(app, "/", { headers: { "x-upstream": String(port) } })),
    sees: ["200 TimeoutError"],
    limits: { outbound: "any", timeout_ms: 30_000 },
  },
  {
    name: "an upstream's bomb of gzip",
    deed:
      `kept.push(await (await fetch("http://127.0.0.1:" + request.headers.get("x-upstream") + "/bomb")).arrayBuffer());`,
    act: (scene, app) => withUpstream((port) => scene.see(app, "/", { headers: { "x-upstream": String(port) } })),
    sees: ["503 APP_OUT_OF_MEMORY", "500 APP_EXCEPTION"],
    limits: { outbound: "any", timeout_ms: 300_000, cpu_ms: 10_000 },
  },
  {
    name: "bodies of upstreams that nobody reads",
    deed:
      `for (let i = 0; i < 40; i++) kept.push(await fetch("http://127.0.0.1:" + request.headers.get("x-upstream") + "/endless"));`,
    act: (scene, app) => withUpstream((port) => scene.see(app, "/", { headers: { "x-upstream": String(port) } })),
    sees: ["200"],
    limits: { outbound: "any", timeout_ms: 300_000, cpu_ms: 10_000 },
  },
  {
    name: "an upstream that dies, three hundred times",
    deed: `let wrong = 0;
      for (let i = 0; i < 300; i++) { try { await (await fetch("http://127.0.0.1:" + request.headers.get("x-upstream") + "/short")).text(); wrong++; }
        catch (error) { if (/under way already/.test(error.message)) wrong++; } }
      if (wrong > 0) throw new Error(wrong + " wrong");`,
    act: (scene, app) => withUpstream((port) => scene.see(app, "/", { headers: { "x-upstream": String(port) } })),
    sees: ["200"],
    limits: { outbound: "any", timeout_ms: 300_000, cpu_ms: 10_000 },
  },
  {
    name: "a body passed on from an upstream that dies",
    deed: `return await fetch("http://127.0.0.1:" + request.headers.get("x-upstream") + "/short");`,
    act: (scene, app) => withUpstream((port) => scene.see(app, "/", { headers: { "x-upstream": String(port) } })),
    sees: ["200 cut", "cut"],
    limits: { outbound: "any", timeout_ms: 30_000 },
  },
  {
    name: "a redirect to this machine",
    deed:
      `await refused(async () => (await fetch("http://upstream.test:" + request.headers.get("x-upstream") + "/to-trap?" + env.TRAP)).status);`,
    act: (scene, app) => withUpstream((port) => scene.see(app, "/", { headers: { "x-upstream": String(port) } })),
    sees: KEPT_IN,
    limits: { outbound: ["upstream.test"] },
  },
];
