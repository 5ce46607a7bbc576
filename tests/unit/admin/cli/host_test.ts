/** The host's life from start to drain, with signals and NANO in place of the real ones. */
import { assert, assertEquals, assertMatch, assertRejects, assertThrows } from "@std/assert";
import { NanoError } from "../../../../mod.ts";
import { CliError } from "../../../../admin/process/cli_error.ts";
import { serve, type ServeOptions } from "../../../../admin/cli/host/host.ts";
import type { SignalHandlers } from "../../../../admin/process/signals.ts";
import { HostStatusFile } from "../../../../admin/guardian/host_status.ts";
import { fakeConfig, FakeNano } from "../fake_nano.ts";
import { MemoryIo } from "./memory_io.ts";

function bench(changes: Partial<ServeOptions> = {}) {
  const nano = new FakeNano();
  const io = new MemoryIo();
  const exits: number[] = [];
  const serving = Promise.withResolvers<string | null>();
  const signals: { handlers: SignalHandlers | null } = { handlers: null };
  const code = serve({
    config: fakeConfig(),
    io,
    open: () => Promise.resolve(nano),
    signals: (handlers) => {
      signals.handlers = handlers;
      return { [Symbol.dispose]: () => signals.handlers = null };
    },
    exit: (code) => exits.push(code),
    guardian: null,
    onServing: () => {
      const start = nano.told.find((event) => event.event === "server_start");
      serving.resolve(start?.event === "server_start" ? start.admin : null);
    },
    ...changes,
  });
  return { nano, io, exits, serving: serving.promise, signals, code };
}

/** An address that was free a moment ago. */
function freeAddress(): Deno.NetAddr {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr as Deno.NetAddr;
}

Deno.test("a host serves, drains on SIGTERM with /readyz telling so, and ends with code 0", async () => {
  const { nano, serving, signals, code } = bench();
  const { promise, resolve: finish } = Promise.withResolvers<void>();
  nano.drainGate = promise;
  const admin = await serving;
  assertEquals((await (await fetch(`${admin}/readyz`)).json()).status, "ready");
  signals.handlers!.onStop("SIGTERM", 1);
  await Promise.resolve();
  const draining = await fetch(`${admin}/readyz`);
  assertEquals([draining.status, (await draining.json()).status], [503, "draining"]);
  finish();
  assertEquals(await code, 0);
  assertEquals(nano.drains, 1);
  assert(nano.disposed);
  assertEquals(signals.handlers, null);
  assertEquals(nano.told.at(-1), { event: "server_stop", exitCode: 0, cause: "SIGTERM" });
  const gone = await fetch(`${admin}/livez`).then(() => "served", () => "refused");
  assertEquals(gone, "refused");
});

Deno.test("a host that had to cut requests ends with code 1", async () => {
  const { nano, serving, signals, code } = bench();
  nano.forcedClosed = 2;
  await serving;
  signals.handlers!.onStop("SIGINT", 1);
  assertEquals(await code, 1);
  assertEquals(nano.told.at(-1), { event: "server_stop", exitCode: 1, cause: "SIGINT" });
});

Deno.test("a second signal ends the host at once", async () => {
  const { nano, serving, signals, exits, code } = bench();
  const { promise, resolve: finish } = Promise.withResolvers<void>();
  nano.drainGate = promise;
  await serving;
  signals.handlers!.onStop("SIGTERM", 1);
  assertEquals(exits, []);
  signals.handlers!.onStop("SIGTERM", 2);
  assertEquals(exits, [1]);
  finish();
  await code;
});

Deno.test("a signal that comes while NANO opens drains as soon as it has", async () => {
  const open = Promise.withResolvers<FakeNano>();
  const { signals, code } = bench({ open: () => open.promise });
  signals.handlers!.onStop("SIGTERM", 1);
  const nano = new FakeNano();
  open.resolve(nano);
  assertEquals(await code, 0);
  assertEquals(nano.drains, 1);
});

Deno.test("a signal that comes while the apps boot does not wait for them", async () => {
  const { nano, signals, code } = bench();
  nano.beginGate = new Promise(() => {});
  signals.handlers!.onStop("SIGTERM", 1);
  assertEquals(await code, 0);
  assertEquals(nano.drains, 1);
});

Deno.test("the admin listener answers while the apps boot; server_start is told after", async () => {
  const begin = Promise.withResolvers<void>();
  const { port } = freeAddress();
  const { nano, serving, signals, code } = bench({
    config: fakeConfig({ admin: { hostname: "127.0.0.1", port, token: "x" } }),
  });
  nano.beginGate = begin.promise;
  const called = Promise.withResolvers<void>();
  nano.onBegin = called.resolve;
  await called.promise;
  assertEquals((await (await fetch(`http://127.0.0.1:${port}/livez`)).json()).status, "alive");
  assertEquals(nano.told, []);
  begin.resolve();
  await serving;
  signals.handlers!.onStop("SIGTERM", 1);
  await code;
});

Deno.test("apps that cannot be started end the host with their error", async () => {
  const { nano, code } = bench();
  nano.beginGate = Promise.reject(new NanoError("INTERNAL", "Cannot start the warden"));
  await assertRejects(() => code, NanoError, "Cannot start the warden");
  assert(nano.disposed);
});

Deno.test("SIGHUP reloads; a refused configuration is left to the log, any other failure is told", async () => {
  const { nano, io, serving, signals, code } = bench();
  await serving;
  signals.handlers!.onReload();
  nano.refusal = new NanoError("CONFIG_INVALID", "Cannot load");
  signals.handlers!.onReload();
  nano.refusal = new Error("the disk is gone");
  signals.handlers!.onReload();
  signals.handlers!.onStop("SIGTERM", 1);
  await code;
  assertEquals(nano.reloads, 3);
  assertEquals(io.stderr.filter((line) => line.includes("reload")), ["nano: Cannot reload: the disk is gone"]);
});

Deno.test("a host tells its guardian that the end that comes is meant", async () => {
  using file = new HostStatusFile();
  const { serving, signals, code } = bench({ guardian: { file: file.path, gone: () => new Promise(() => {}) } });
  await serving;
  signals.handlers!.onStop("SIGTERM", 1);
  await code;
  assertEquals(file.read(), { stopping: true, busyApps: [] });
});

Deno.test("a host drains when its guardian is gone, and leaves no file behind", async () => {
  using file = new HostStatusFile();
  const gone = Promise.withResolvers<void>();
  const { nano, serving, code } = bench({ guardian: { file: file.path, gone: () => gone.promise } });
  nano.busy = ["hello"];
  assertEquals(file.read(), null);
  await serving;
  assertEquals(file.read(), { stopping: false, busyApps: ["hello"] });
  gone.resolve();
  assertEquals(await code, 0);
  assertEquals(nano.drains, 1);
  assertEquals(nano.told.at(-1), { event: "server_stop", exitCode: 0, cause: "guardian_gone" });
  assertThrows(() => Deno.statSync(file.path), Deno.errors.NotFound);
});

Deno.test("an address that cannot be had is a failure, not wrong use, and a port in use comes with the way out", async () => {
  const message = "Cannot listen on 0.0.0.0:8080: another process listens there";
  const cases = [
    [new Deno.errors.AddrInUse("in use"), `${message} (--port N takes another port)`],
    [new Deno.errors.PermissionDenied("denied"), message],
  ] as const;
  for (const [cause, told] of cases) {
    const { code } = bench({ open: () => Promise.reject(new NanoError("USAGE", message, { cause })) });
    const error = await assertRejects(() => code, CliError);
    assertEquals([error.code, error.message], ["INTERNAL", told]);
  }
});

Deno.test("NANO is disposed when the admin listener cannot start", async () => {
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = taken.addr as Deno.NetAddr;
  const { nano, code } = bench({ config: fakeConfig({ admin: { hostname: "127.0.0.1", port, token: "x" } }) });
  const error = await assertRejects(() => code, NanoError);
  assertMatch(error.message, /for the admin API: another process listens there \(--admin-port N takes another port\)/);
  assert(nano.disposed);
  assertEquals(nano.begins, 0, "no app was started");
});

Deno.test("the place of a generated token is told on stderr, its value never", async () => {
  const stateDir = await Deno.makeTempDir({ prefix: "nano-host-" });
  try {
    const config = fakeConfig({ stateDir, admin: { hostname: "127.0.0.1", port: 0, token: null } });
    const { io, serving, signals, code } = bench({ config });
    await serving;
    signals.handlers!.onStop("SIGTERM", 1);
    await code;
    const value = (await Deno.readTextFile(`${stateDir}/admin_token`)).trim();
    assertEquals(io.stderr, [`nano: The admin token is in ${stateDir}/admin_token; "nano token" prints it`]);
    assert(!io.stdout.join().includes(value));
  } finally {
    await Deno.remove(stateDir, { recursive: true });
  }
});
