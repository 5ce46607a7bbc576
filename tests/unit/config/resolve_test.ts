/** Defaults, inheritance and normal forms of a configuration that is accepted. */
import { NO_LAYERS } from "../../../runtime/config/layers.ts";
import { assertEquals } from "@std/assert";
import { resolveConfig } from "../../../runtime/config/load.ts";
import { resolveAppLimits, resolveHostLimits } from "../../../runtime/config/resolve_limits.ts";
import { ConfigFolder, onlyApp } from "./config_case.ts";
import { CERT, KEY } from "../../support/tls_pair.ts";

Deno.test("An empty document gets every default", async () => {
  using folder = new ConfigFolder();
  const { withLayers: _withLayers, ...config } = await folder.resolve({});
  assertEquals(config, {
    file: null,
    hostname: "0.0.0.0",
    port: 8080,
    tls: null,
    admin: { hostname: "127.0.0.1", port: 9090, token: null },
    stateDir: `${folder.dir}/.nano`,
    drainTimeoutMs: 30_000,
    maxMemoryMb: null,
    spareIsolates: null,
    trustedProxies: [],
    layers: NO_LAYERS,
    defaultApp: null,
    fleet: null,
    install: { registry: null, token: null, uploads: false, timeoutMs: 300_000 },
    log: { level: "info", format: "json" },
    apps: [],
    secretFiles: [],
  });
});

Deno.test("An app with a name and a path gets every default", async () => {
  using folder = new ConfigFolder();
  assertEquals(onlyApp(await folder.resolve({ apps: [{ name: "blog", path: "app" }] })), {
    name: "blog",
    path: `${folder.dir}/app`,
    hostnames: ["blog"],
    port: null,
    env: {},
    secrets: [],
    ...resolveAppLimits({}, resolveHostLimits({})),
    isolation: "worker",
    compat: "web",
    run: [],
    ffi: false,
    streams: "native",
    assets: null,
    bindings: [],
    outbound: "public",
    nodeCompat: true,
    starts: "auto",
    crons: [],
    consumers: [],
    main: null,
    root: null,
    jsonVars: {},
    services: [],
    project: null,
  });
});

Deno.test("Every key that is written arrives", async () => {
  using folder = new ConfigFolder({ "cert.pem": CERT, "key.pem": KEY, "entry.ts": "e" });
  const limits = {
    memory_mb: 64,
    external_mb: 32,
    cpu_ms: 50,
    timeout_ms: 1,
    max_concurrent: 1,
    max_queue: 0,
    max_body_bytes: 0,
    idle_timeout_ms: 5,
    drain_timeout_ms: 0,
  };
  const { layers: _layers, withLayers: _withLayers, ...config } = await folder.resolve({
    $schema: "docs/nano.schema.json",
    hostname: "[::1]",
    port: 0,
    tls: { cert: "cert.pem", key: "key.pem" },
    admin: { hostname: "localhost", port: 1234, token: "t0ken" },
    state_dir: "/tmp/nano-state-that-is-not-made-yet",
    drain_timeout_ms: 1,
    trusted_proxies: ["10.0.0.0/8", "FD00::/8", "192.0.2.1"],
    default_app: "a",
    install: { registry: "https://npm.test/", token: "t0ken", uploads: true, timeout_ms: 7 },
    log: { level: "debug", format: "pretty" },
    fleet: {
      nats: ["nats://127.0.0.1:4222", "tls://nats.example.com"],
      name: "n1",
      role: "serve",
      credentials: "s3cret",
      tls: { ca: "cert.pem", cert: "cert.pem", key: "key.pem" },
      replicas: 3,
      bindings: ["kv"],
      one_by_one: true,
      crons_alone: "run",
      start_timeout_ms: 8,
      allow_old_server: true,
      insecure: true,
    },
    apps: [{
      name: "a",
      path: "entry.ts",
      hostname: ["A.Example.com.", "*.Example.com:8080", "bücher.example", "[0:0::1]"],
      port: 0,
      env: { GREETING: "hi", EMPTY: "" },
      ...limits,
      isolation: "worker",
      compat: "web",
      run: [],
      ffi: false,
      streams: "polyfill",
      assets: "other",
      outbound: ["API.example.com", "*.example.org"],
      node_compat: false,
      start: "lazy",
      crons: [{ schedule: " */5 * * * * " }, { schedule: "0 0 * * 1", name: "weekly" }],
      queues: { consumers: [{ queue: "jobs", max_batch_timeout: 0, dead_letter_queue: "dead" }] },
    }],
  });
  assertEquals(config, {
    file: null,
    hostname: "::1",
    port: 0,
    tls: { cert: `${folder.dir}/cert.pem`, key: `${folder.dir}/key.pem` },
    admin: { hostname: "localhost", port: 1234, token: "t0ken" },
    stateDir: "/tmp/nano-state-that-is-not-made-yet",
    drainTimeoutMs: 1,
    maxMemoryMb: null,
    spareIsolates: null,
    trustedProxies: ["10.0.0.0/8", "fd00::/8", "192.0.2.1/32"],
    defaultApp: "a",
    install: { registry: "https://npm.test/", token: "t0ken", uploads: true, timeoutMs: 7 },
    log: { level: "debug", format: "pretty" },
    fleet: {
      engine: {
        kind: "nats",
        servers: ["nats://127.0.0.1:4222", "tls://nats.example.com"],
        credentials: "s3cret",
        tls: { ca: `${folder.dir}/cert.pem`, cert: `${folder.dir}/cert.pem`, key: `${folder.dir}/key.pem` },
        replicas: 3,
        allowOldServer: true,
        insecure: true,
      },
      name: "n1",
      role: "serve",
      bindings: ["kv"],
      oneByOne: true,
      cronsAlone: "run",
      startTimeoutMs: 8,
    },
    secretFiles: [],
    apps: [{
      name: "a",
      path: `${folder.dir}/entry.ts`,
      hostnames: ["a.example.com", "*.example.com", "xn--bcher-kva.example", "[::1]"],
      port: 0,
      env: { GREETING: "hi", EMPTY: "" },
      secrets: [],
      ...resolveAppLimits(limits, resolveHostLimits({})),
      isolation: "worker",
      compat: "web",
      run: [],
      ffi: false,
      streams: "polyfill",
      assets: {
        path: `${folder.dir}/other`,
        binding: "ASSETS",
        workerFirst: false,
        singlePage: false,
        missingPage: "never",
        htmlHandling: "auto-trailing-slash",
        platform: null,
      },
      bindings: [],
      outbound: ["api.example.com", "*.example.org"],
      nodeCompat: false,
      starts: "lazy",
      crons: [{ schedule: "*/5 * * * *", name: "*/5 * * * *" }, { schedule: "0 0 * * 1", name: "weekly" }],
      consumers: [{
        queue: "jobs",
        store: "jobs",
        maxBatchSize: 10,
        maxBatchTimeoutMs: 0,
        maxRetries: 3,
        deadLetterStore: "dead",
        maxConcurrency: 10,
        retryDelayMs: 0,
      }],
      main: null,
      root: null,
      jsonVars: {},
      services: [],
      project: null,
    }],
  });
});

Deno.test("`assets` may be an object with options", async () => {
  using folder = new ConfigFolder();
  const resolved = async (assets: object) =>
    (await folder.resolve({ apps: [{ name: "a", path: "app", assets }] })).apps[0]!.assets;
  assertEquals(await resolved({ path: "other", single_page: true }), {
    path: `${folder.dir}/other`,
    binding: "ASSETS",
    workerFirst: false,
    singlePage: true,
    missingPage: "never",
    htmlHandling: "auto-trailing-slash",
    platform: null,
  });
  assertEquals((await resolved({ path: "other" }))?.singlePage, false);
});

Deno.test("An app's own key wins over `defaults`, and `defaults` over what NANO ships", async () => {
  using folder = new ConfigFolder();
  const config = await folder.resolve({
    defaults: { memory_mb: 256, timeout_ms: 1000, outbound: "none", drain_timeout_ms: 7 },
    apps: [{ name: "a", path: "app" }, { name: "b", path: "app", memory_mb: 512, outbound: [], drain_timeout_ms: 8 }],
  });
  const limits = config.apps.map((app) => [app.memoryMb, app.timeoutMs, app.outbound, app.drainTimeoutMs, app.cpuMs]);
  assertEquals(limits, [[256, 1000, "none", 7, 5000], [512, 1000, [], 8, 5000]]);
});

Deno.test("`external_mb` follows the app's own `memory_mb` unless it is written somewhere", async () => {
  using folder = new ConfigFolder();
  const external = async (defaults: object, app: object) =>
    onlyApp(await folder.resolve({ defaults, apps: [{ name: "a", path: "app", ...app }] })).externalMb;
  assertEquals(await external({}, { memory_mb: 64 }), 64);
  assertEquals(await external({ memory_mb: 96 }, {}), 96);
  assertEquals(await external({ external_mb: 48 }, { memory_mb: 64 }), 48);
  assertEquals(await external({ external_mb: 48 }, { external_mb: 16 }), 16);
});

Deno.test("An app drains as long as the global key says, unless it says otherwise", async () => {
  using folder = new ConfigFolder();
  const config = await folder.resolve({
    drain_timeout_ms: 5,
    apps: [{ name: "a", path: "app" }, { name: "b", path: "app", drain_timeout_ms: 6 }],
  });
  assertEquals(config.apps.map((app) => app.drainTimeoutMs), [5, 6]);
});

Deno.test("`admin: false` turns the admin listener off and frees its port", async () => {
  using folder = new ConfigFolder();
  const config = await folder.resolve({ port: 9090, admin: false });
  assertEquals([config.port, config.admin], [9090, false]);
});

Deno.test("Keys that a caller leaves undefined do not hide a default", async () => {
  using folder = new ConfigFolder();
  const config = await folder.resolve({
    port: undefined,
    defaults: { memory_mb: 64 },
    apps: [{ name: "a", path: "app", memory_mb: undefined, hostname: undefined }],
  });
  assertEquals([config.port, onlyApp(config).memoryMb, onlyApp(config).hostnames], [8080, 64, ["a"]]);
});

Deno.test("Listeners on two different addresses may share a port, and any number may ask for a free one", async () => {
  using folder = new ConfigFolder();
  const shared = await folder.resolve({ hostname: "127.0.0.1", port: 9090, admin: { hostname: "127.0.0.2" } });
  assertEquals(shared.port, 9090);
  const free = await folder.resolve({
    port: 0,
    admin: { port: 0 },
    apps: [{ name: "a", path: "app", port: 0 }, { name: "b", path: "app", port: 0 }],
  });
  assertEquals(free.apps.map((app) => app.port), [0, 0]);
});

Deno.test("Secrets are read from the host's environment and from files, without one trailing newline", async () => {
  using folder = new ConfigFolder({ token: "t0ken\n", unix: "u\n", windows: "w\r\n", two: "2\n\n", none: "n" });
  const config = await folder.resolve({
    admin: { token: { from_file: "token" } },
    apps: [{
      name: "a",
      path: "app",
      env: {
        Z_HOST: { from_env: "HOST_NAME" },
        UNIX: { from_file: "unix" },
        WINDOWS: { from_file: `${folder.dir}/windows` },
        TWO: { from_file: "two" },
        NONE: { from_file: "none" },
        PLAIN: "plain\n",
      },
    }],
  }, { HOST_NAME: "from host\n" });
  assertEquals(config.admin, { hostname: "127.0.0.1", port: 9090, token: "t0ken" });
  const { env, secrets } = onlyApp(config);
  assertEquals(env, {
    Z_HOST: "from host\n",
    UNIX: "u",
    WINDOWS: "w",
    TWO: "2\n",
    NONE: "n",
    PLAIN: "plain\n",
  });
  assertEquals(secrets, ["NONE", "TWO", "UNIX", "WINDOWS", "Z_HOST"]);
});

Deno.test("A variable may be set and empty; without `hostEnv` the process's own environment is read", async () => {
  using folder = new ConfigFolder();
  const document = { apps: [{ name: "a", path: "app", env: { KEY: { from_env: "PATH" } } }] };
  assertEquals(onlyApp(await folder.resolve(document, { PATH: "" })).env, { KEY: "" });
  const config = await resolveConfig(document, { file: null, baseDir: folder.dir });
  assertEquals(onlyApp(config).env, { KEY: Deno.env.get("PATH")! });
});
