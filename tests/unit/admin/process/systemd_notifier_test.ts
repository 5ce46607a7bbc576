/** What systemd is told, received by a real datagram socket. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { openNotifier, type SystemdNotifier } from "../../../../admin/process/systemd_notifier.ts";
import { NotifySocket } from "../../../support/notify_socket.ts";

function open(env: Readonly<Record<string, string>>): { notifier: SystemdNotifier | null; reports: string[] } {
  const reports: string[] = [];
  const notifier = openNotifier({ env: (name) => env[name], report: (text) => reports.push(text), pids: [7, 8] });
  return { notifier, reports };
}

if (Deno.build.os !== "linux") console.log("Sockets without a file are not tried: only Linux has them");

for (const kind of Deno.build.os === "linux" ? ["path", "abstract"] as const : ["path"] as const) {
  const place = kind === "path" ? "a path" : "no file";
  Deno.test(`SystemdNotifier tells its states in order to a socket that has ${place}`, async () => {
    await using socket = await NotifySocket.open(kind);
    const { notifier, reports } = open({ NOTIFY_SOCKET: socket.address });
    {
      using told = notifier!;
      told.ready("http://127.0.0.1:8080");
      told.reloading();
      told.reloaded();
      told.stopping();
      await socket.waitFor("STOPPING=1");
    }
    assertEquals(socket.messages, [
      "READY=1\nSTATUS=Serving http://127.0.0.1:8080",
      "RELOADING=1",
      "READY=1",
      "STOPPING=1\nSTATUS=Draining",
    ]);
    assertEquals(reports, []);
  });
}

Deno.test("SystemdNotifier takes reloads that overlap for one, and none back after a stop", async () => {
  await using socket = await NotifySocket.open();
  using notifier = open({ NOTIFY_SOCKET: socket.address }).notifier!;
  notifier.reloading();
  notifier.reloading();
  notifier.reloaded();
  notifier.reloaded();
  notifier.reloading();
  notifier.stopping();
  notifier.reloaded();
  notifier.reloading();
  notifier.reloaded();
  notifier.ready("the last, for the test to wait for");
  await socket.waitFor("the last");
  assertEquals(socket.messages.slice(0, -1), ["RELOADING=1", "READY=1", "RELOADING=1", "STOPPING=1\nSTATUS=Draining"]);
});

Deno.test("SystemdNotifier feeds the watchdog from the moment it is ready", async () => {
  for (const pid of [{}, { WATCHDOG_PID: "7" }, { WATCHDOG_PID: "8" }]) {
    await using socket = await NotifySocket.open();
    using notifier = open({ NOTIFY_SOCKET: socket.address, WATCHDOG_USEC: "20000", ...pid }).notifier!;
    notifier.ready("here");
    await socket.waitFor("WATCHDOG=1", { from: await socket.waitFor("WATCHDOG=1") });
    assertStringIncludes(socket.messages[0]!, "READY=1");
  }
});

Deno.test("SystemdNotifier feeds no watchdog that is off, or that watches another process", async () => {
  for (
    const env of [{}, { WATCHDOG_USEC: "2000", WATCHDOG_PID: "9" }, { WATCHDOG_USEC: "0" }, { WATCHDOG_USEC: "x" }]
  ) {
    await using socket = await NotifySocket.open();
    using notifier = open({ NOTIFY_SOCKET: socket.address, ...env }).notifier!;
    notifier.ready("here");
    // Many times as long as the watchdog's millisecond: a tick that is due comes before the one that is waited for.
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setTimeout(resolve, 1));
    notifier.stopping();
    await socket.waitFor("STOPPING=1");
    assertEquals(socket.messages.length, 2);
  }
});

Deno.test("openNotifier() opens nothing when nobody wants to be told", () => {
  for (const env of [{}, { NOTIFY_SOCKET: "" }]) assertEquals(open(env), { notifier: null, reports: [] });
});

Deno.test("openNotifier() reports an address that it cannot speak to", () => {
  const { notifier, reports } = open({ NOTIFY_SOCKET: "vsock:2:1234" });
  assertEquals(notifier, null);
  assertEquals(reports, ['Cannot tell systemd how NANO is: NOTIFY_SOCKET "vsock:2:1234" is no path']);
});

Deno.test("SystemdNotifier reports once that nobody listens, and the host serves on", async () => {
  const socket = await NotifySocket.open();
  await socket[Symbol.asyncDispose]();
  const reported = Promise.withResolvers<string>();
  const reports: string[] = [];
  using notifier = openNotifier({
    env: (name) => ({ NOTIFY_SOCKET: socket.address })[name],
    report: (text) => {
      reports.push(text);
      reported.resolve(text);
    },
    pids: [],
  });
  assert(notifier !== null);
  notifier.ready("here");
  notifier.stopping();
  assertStringIncludes(await reported.promise, "Cannot tell systemd how NANO is: NotFound");
  // Nothing follows for the second message: its failure settles within the same few turns of the loop.
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setTimeout(resolve, 0));
  assertEquals(reports.length, 1);
});
