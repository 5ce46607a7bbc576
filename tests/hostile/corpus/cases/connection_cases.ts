/** Connections: TCP and TLS to where an app may not go, and connections as a weapon against the host. */
import { until } from "../../../integration/life/until.ts";
import type { CorpusScene } from "../corpus_scene.ts";
import { DEADLINE_MS } from "../corpus_scene.ts";
import type { HostileCase } from "../hostile_case.ts";
import { type PeerKind, TcpPeer } from "../tcp_peer.ts";
import { ADDRESSES } from "./network_cases.ts";

/** Every door to a connection, each tells the code it failed with, or "connected". */
const DOORS =
  `const net = await import("node:net"), tls = await import("node:tls"), workers = await import("cloudflare:sockets");
  const ended = (socket, event) => new Promise((resolve, reject) => socket.on(event, resolve).on("error", reject));
  const doors = {
    "Deno.connect": (hostname, port) => Deno.connect({ hostname, port }),
    "Deno.connectTls": (hostname, port) => Deno.connectTls({ hostname, port }),
    "node:net": (host, port) => ended(net.connect({ host, port }), "connect"),
    "node:tls": (host, port) => ended(tls.connect({ host, port }), "secureConnect"),
    "cloudflare:sockets": (hostname, port) => workers.connect({ hostname, port }).opened,
  };
  const codeOf = async (make) => { try { await make(); return "connected"; } catch (error) { return error.code ?? (String(error).startsWith("Error: failed to lookup address") ? "ENOTFOUND" : String(error)); } };
  const allFail = async (hosts, ports, codes) => {
    for (const [name, door] of Object.entries(doors)) for (const host of hosts) for (const port of ports) {
      const code = await codeOf(() => door(host, Number(port)));
      if (!codes.includes(code)) throw new Error("reached " + name + " " + host + ":" + port + " " + code);
    }
  };`;

/** A name without an address, and with no name server at all. */
const NOWHERE = ["ENOTFOUND", "EAI_AGAIN"];
const OWN_PORTS = `[env.TRAP ?? 1, env.ADMIN ?? 2, 80]`;
const LIMITS = { timeout_ms: 120_000, cpu_ms: 20_000 };

/** What is no host at all: never more than a failure of this one connection. */
const NO_HOSTS =
  `["", "\\0", "127.0.0.1\\0.example.com", "a\\nb", "a b", "x@127.0.0.1", "127.0.0.1/x", "127.0.0.1#", "127.0.0.1:80", "[::1", "::1]", "%00",
  "..", ".", "xn--", "a".repeat(64) + ".example.com", "a".repeat(300), "\\ud800", "\\u202e", "file:///etc/passwd", "/var/run/docker.sock", "unix:/x"]`;

/** Runs an app beside a server of one kind, and looks whether all its connections are gone when the app is. */
function withPeer(kind: PeerKind, act?: (scene: CorpusScene, app: string, peer: TcpPeer) => Promise<string>) {
  return async (scene: CorpusScene, app: string): Promise<string> => {
    await using peer = new TcpPeer(kind);
    const ask = (path = "/") => scene.see(app, path, { headers: { "x-peer": String(peer.port) } });
    const seen = act === undefined ? await ask() : await act(scene, app, peer);
    await scene.admin("POST", `/admin/apps/${app}/restart`).then((answer) => answer.body?.cancel());
    await until(async () => await peer.held() === 0, "every connection is closed", DEADLINE_MS);
    return peer.taken > 0 ? seen : `${seen}, and no connection came`;
  };
}

const PEER = `const port = Number(request.headers.get("x-peer")); const hostname = "127.0.0.1";
  const dial = () => Deno.connect({ hostname, port });`;
const ANY = { outbound: "any", ...LIMITS };

/** Deeds against the host with connections to a server that lets it happen. */
const WITH_PEERS: Readonly<Record<string, readonly [PeerKind, string]>> = {
  "thousands at once": [
    "silent",
    `const all = await Promise.allSettled(Array.from({ length: 5000 }, dial));
    const codes = new Set(all.filter(({ status }) => status === "rejected").map(({ reason }) => reason.code));
    for (const code of codes) if (!["EMFILE", "ETIMEDOUT"].includes(code)) throw new Error("failed with " + code);
    // How many an app may have is a matter of the host's descriptors (door/descriptors_test.ts).
    if (all.every(({ status }) => status === "rejected")) throw new Error("none is open");`,
  ],
  "one after the other, never closed": [
    "silent",
    `let code; for (let at = 0; at < 2000 && code === undefined; at++) await dial().then((one) => kept.push(one), (error) => code = error.code);
    if (kept.length < 2000 && code !== "EMFILE") throw new Error(kept.length + " " + code);
    const had = kept.length;
    kept.pop().close(); for (let at = 0; at < 600 && kept.length < had; at++) await later(50).then(dial).then((one) => kept.push(one), () => {});
    if (kept.length !== had) throw new Error("a place was lost");`,
  ],
  "whose bytes nobody reads": [
    "endless",
    `for (let at = 0; at < 200; at++) kept.push(await dial());
    for (const one of kept) await one.read(new Uint8Array(10)); await later(1000);`,
  ],
  "written to without end, to who does not read": [
    "silent",
    `for (let at = 0; at < 20; at++) { const one = await dial(); kept.push(one);
      for (let part = 0; part < 200; part++) one.write(new Uint8Array(65536)).catch(() => {}); }
    await later(500);`,
  ],
  "ended and closed, to who does not read": [
    "silent",
    `for (let at = 0; at < 50; at++) { const one = await dial(); one.write(new Uint8Array(8 << 20)).catch(() => {}); one.closeWrite(); one.close(); }`,
  ],
  "with TLS that never answers": [
    "silent",
    `for (let at = 0; at < 100; at++) kept.push(codeless(Deno.connectTls({ hostname, port })), dial().then((one) => codeless(Deno.startTls(one, { hostname }))));
    function codeless(promise) { promise.catch(() => {}); } await later(500);`,
  ],
  "with TLS that is none": [
    "echo",
    `const bad = ["", "x", "-----BEGIN CERTIFICATE-----\\nAAAA\\n-----END CERTIFICATE-----", "\\0", "-----BEGIN CERTIFICATE-----\\n" + "A".repeat(1e5) + "\\n-----END CERTIFICATE-----"];
    for (const text of bad) for (const how of [{ caCerts: [text] }, { cert: text, key: text }, { caCerts: Array(500).fill(text.slice(0, 50)) }, { alpnProtocols: [text] },
      { alpnProtocols: Array(900).fill("h2") }, { hostname: text + ".example" }, { hostname: "\\0" }, { hostname: "a".repeat(300) }])
      { await refused(() => Deno.connectTls({ hostname, port, ...how, ...(how.hostname ? { hostname } : {}) }));
        const one = await dial(); await refused(() => Deno.startTls(one, how)); }`,
  ],
  "with options that are none": [
    "echo",
    `const { connect } = globalThis[Symbol.for("nano.tcp")];
    for (const options of ["", "x", "null", "[]", "1", '"x"', "{".repeat(1e5), '{"__proto__":{"tls":{}},"timeoutMs":1e999}', '{"tls":[]}', '{"timeoutMs":-1,"family":7}',
      '{"timeoutMs":1e308}', '{"timeoutMs":0.0001}', '{"tls":{"ca":[1],"alpn":{}}}']) {
      const one = connect(hostname, port, options); await Promise.race([one.opened, one.closed]).catch(() => {}); one.destroy(); one.destroy(); one.end();
      one.set("noDelay", NaN); one.set("__proto__", 1); await one.secure("{}").catch(() => {}); await one.write(new Uint8Array(1)).catch(() => {}); }`,
  ],
};

/** What an app does with connections to harm others. */
export const CONNECTION_CASES: readonly HostileCase[] = [
  ...Object.entries(ADDRESSES).map(([name, hosts]): HostileCase => ({
    name,
    deed: `${DOORS} const hosts = ${JSON.stringify(hosts)};
      const isName = (host) => /[g-z]/i.test(host.replace(/^0x/, ""));
      await allFail(hosts.filter((host) => !isName(host)), ${OWN_PORTS}, ["EPERM"]);
      await allFail(hosts.filter((host) => !host.startsWith("metadata.") && isName(host)), [env.TRAP], ["EPERM", ${
      JSON.stringify(NOWHERE).slice(1, -1)
    }]);`,
    sees: ["200"],
    limits: LIMITS,
  })),
  {
    name: "this machine from other places",
    deed: `${DOORS} await allFail(["127.0.0.1", "localhost", "::1"], ${OWN_PORTS}, ["EPERM"]);`,
    places: ["timer", "after the response", "top level", "drain"],
    sees: ["200"],
    limits: LIMITS,
  },
  {
    name: "nowhere at all",
    deed:
      `${DOORS} await allFail(["1.1.1.1", "[2606:4700::1111]", "example.com", "127.0.0.1"], [443, env.TRAP], ["EPERM"]);`,
    sees: ["200"],
    limits: { ...LIMITS, outbound: "none" },
  },
  {
    name: "past a list of hosts and ports",
    deed:
      `${DOORS} await allFail(["127.0.0.1", "localhost", "::1", "0x7f.1", "example.com", "127.0.0.2"], [env.TRAP, env.ADMIN], ["EPERM"]);`,
    sees: ["200"],
    limits: { ...LIMITS, outbound: ["127.0.0.1:9", "db.example.com", "*.internal.example:5432"] },
  },
  {
    name: "mail to anybody",
    deed: `${DOORS} await allFail(["8.8.8.8", "example.com", "gmail-smtp-in.l.google.com"], [25], ["EPERM"]);`,
    sees: ["200"],
    limits: ANY,
  },
  {
    name: "hosts that are none",
    deed: `${DOORS} const odd = ${NO_HOSTS};
      const known = ["EPERM", "ERR_INVALID_ARG_VALUE", "ERR_INVALID_ADDRESS", ...${JSON.stringify(NOWHERE)}];
      for (const host of odd) for (const [name, door] of Object.entries(doors)) {
        if (host === "" && name.startsWith("node:")) continue; // It means localhost there
        const code = await codeOf(() => door(host, Number(env.TRAP)));
        if (code === "connected") throw new Error("reached " + name + " " + JSON.stringify(host)); }
      const { connect } = globalThis[Symbol.for("nano.tcp")];
      for (let at = 0; at < 20; at++) { const code = await codeOf(() => connect(text(5e6), 80, "{}").opened); if (code !== "ENOTFOUND") throw new Error(code); }
      for (const port of [0, -1, 65536, NaN, Infinity, 1.5, "80", null, {}, 2 ** 53]) await refused(() => Deno.connect({ hostname: "127.0.0.1", port }));`,
    sees: ["200"],
    limits: { ...LIMITS, memory_mb: 128 },
  },
  {
    name: "this machine, behind replaced builtins",
    deed: `${DOORS} const all = Object.values(doors); const { test } = RegExp.prototype;
      RegExp.prototype.test = () => true; String.prototype.startsWith = () => true; String.prototype.replace = () => "1.1.1.1"; Map.prototype.has = Set.prototype.has = () => true;
      JSON.stringify = () => '{"tls":{"rejectUnauthorized":false}}'; Array.prototype.includes = () => true; Number.isInteger = () => true;
      Object.prototype.dial = Object.prototype.connect = () => ({}); Object.prototype.hostname = "127.0.0.1"; Object.prototype.port = Number(env.TRAP);
      for (const door of all) { let code; try { await door("127.0.0.1", Number(env.TRAP)); code = "connected"; } catch (error) { code = error.code; }
        if (code === "connected") throw new Error("reached it"); }`,
    sees: ["200"],
    limits: LIMITS,
    spoilsItself: true,
  },
  ...Object.entries(WITH_PEERS).map(([name, [kind, deed]]): HostileCase => ({
    name,
    deed: `${PEER} ${deed}`,
    act: withPeer(kind),
    // What it has written and nobody takes is its own memory
    sees: /^(written|ended)/.test(name) ? ["200", "503 APP_OUT_OF_MEMORY"] : ["200"],
    limits: ANY,
    lingers: true,
    spoilsItself: true,
  })),
];
