/** Tests how listeners open and close with the configuration, on ports of this machine. */
import { assertEquals, assertNotEquals, assertRejects, assertThrows } from "@std/assert";
import { systemClock } from "../../../runtime/clock.ts";
import type { AppConfig } from "../../../runtime/config/resolved_config.ts";
import { NanoError } from "../../../runtime/errors.ts";
import { Listeners } from "../../../runtime/generations/listeners.ts";
import { Dispatcher } from "../../../runtime/http/dispatcher.ts";
import { PATIENCE } from "../../../runtime/http/patience.ts";
import type { AppTarget } from "../../../runtime/terms/app_call.ts";
import { Router } from "../../../runtime/http/router.ts";
import { appConfig, nanoConfig } from "../runtime/app_config.ts";

/** Listeners whose apps answer with their own names. */
async function openListeners() {
  const dispatcher = new Dispatcher(new Router([], null), {
    trustedProxies: [],
    reveal: false,
    now: systemClock.now,
    tell: () => {},
    patience: PATIENCE,
    tracer: null,
  });
  const warnings: string[] = [];
  const appNamed = (name: string): AppTarget => ({
    app: { name },
    fetch: (call) => call.respond(200, "", name),
  });
  const listeners = await Listeners.open(nanoConfig([]), { dispatcher, appNamed, warn: (text) => warnings.push(text) });
  const commit = (apps: readonly AppConfig[], drained: (app: string) => Promise<void> = () => Promise.resolve()) =>
    listeners.prepare(nanoConfig(apps)).commit(drained);
  return { listeners, warnings, commit, [Symbol.asyncDispose]: () => listeners.shutdown() };
}

async function answerOn(port: number): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${port}/`, { headers: { connection: "close" } });
  return await response.text();
}

async function isOpen(port: number): Promise<boolean> {
  try {
    (await Deno.connect({ hostname: "127.0.0.1", port })).close();
    return true;
  } catch {
    return false;
  }
}

Deno.test("Listeners.prepare() opens an app's own port, which leads to that app once the change is in force", async () => {
  await using stage = await openListeners();
  stage.commit([appConfig({ name: "a", port: 0 }), appConfig({ name: "b" })]);
  assertEquals([...stage.listeners.ownPorts().keys()], ["a"]);
  const port = stage.listeners.ownPorts().get("a")!;
  assertEquals(await answerOn(port), "a");
  assertEquals(stage.listeners.url, `http://127.0.0.1:${stage.listeners.main.port}`);
  assertNotEquals(port, stage.listeners.main.port);
});

Deno.test("Listeners keep a port that stays as it is, and one of the system's choice", async () => {
  await using stage = await openListeners();
  stage.commit([appConfig({ name: "a", port: 0 })]);
  const port = stage.listeners.ownPorts().get("a")!;
  stage.commit([appConfig({ name: "a", port: 0 })]);
  stage.commit([appConfig({ name: "a", port })]);
  assertEquals(stage.listeners.ownPorts(), new Map([["a", port]]));
  assertEquals(await answerOn(port), "a");
});

Deno.test("A port that a configuration drops closes once nothing of its app drains any more", async () => {
  await using stage = await openListeners();
  stage.commit([appConfig({ name: "a", port: 0 })]);
  const port = stage.listeners.ownPorts().get("a")!;
  const drained = Promise.withResolvers<void>();
  const asked: string[] = [];
  stage.commit([appConfig({ name: "a" })], (app) => {
    asked.push(app);
    return drained.promise;
  });
  assertEquals([asked, stage.listeners.ownPorts().size, await isOpen(port)], [["a"], 0, true]);
  drained.resolve();
  await drained.promise;
  await Promise.resolve();
  assertEquals(await isOpen(port), false);
});

Deno.test("Listeners.prepare() closes again what it opened when another port cannot be had, or the change is discarded", async () => {
  await using stage = await openListeners();
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const free = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = free.addr;
  free.close();
  const wanted = [appConfig({ name: "a", port }), appConfig({ name: "b", port: taken.addr.port })];
  const error = assertThrows(
    () => stage.listeners.prepare(nanoConfig(wanted)),
    NanoError,
    "another process listens there",
  );
  assertEquals(error.code, "USAGE");
  assertEquals([stage.listeners.ownPorts().size, await isOpen(port)], [0, false]);
  const change = stage.listeners.prepare(nanoConfig([wanted[0]!]));
  assertEquals(await isOpen(port), true);
  change.discard();
  assertEquals([stage.listeners.ownPorts().size, await isOpen(port)], [0, false]);
});

Deno.test("Listeners.open() tells which certificate cannot be read", async () => {
  const config = nanoConfig([], { tls: { cert: "/nowhere/cert.pem", key: "/nowhere/key.pem" } });
  const tools = { dispatcher: null as never, appNamed: () => null, warn: () => {} };
  const error = await assertRejects(() => Listeners.open(config, tools), NanoError, "Cannot read the certificate");
  assertEquals(error.code, "CONFIG_INVALID");
});
