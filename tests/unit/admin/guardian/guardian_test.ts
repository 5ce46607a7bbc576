/** The guardian's decisions, with hosts that end as a test says and a clock that a test moves. */
import { assertEquals } from "@std/assert";
import { Guardian, type HostEnd, restartDelayMs } from "../../../../admin/guardian/guardian.ts";
import type { Charge } from "../../../../admin/guardian/evidence.ts";
import type { HandOver } from "../../../../admin/guardian/hand_over.ts";
import { HOST_FLAGS, hostCommand } from "../../../../admin/guardian/guard.ts";
import type { HostStatus } from "../../../../admin/guardian/host_status.ts";

const SERVING: HostStatus = { stopping: false, busyApps: ["shop"] };
const KILLED: HostEnd = { code: 137, signal: "SIGKILL" };

/** A life of a host: how it ended, after how long, and what it had reported. */
interface Life {
  readonly end: HostEnd;
  readonly uptimeMs?: number;
  readonly status?: HostStatus | null;
  readonly charges?: readonly Charge[];
  readonly hadApps?: boolean;
  /** Runs while the host lives. */
  readonly during?: (guardian: Guardian) => void;
}

async function guard(lives: readonly Life[], onWait: (guardian: Guardian) => void = () => {}) {
  const seen = {
    waits: [] as number[],
    lines: [] as Record<string, unknown>[],
    kills: [] as string[],
    handedOver: [] as HandOver[],
    spawned: 0,
  };
  let now = 0;
  let status: HostStatus | null = null;
  const guardian: Guardian = new Guardian({
    spawn: () => {
      const life = lives[seen.spawned++];
      if (life === undefined) throw new Error("No further start was expected");
      status = null;
      const ended = Promise.resolve().then(() => {
        life.during?.(guardian);
        now += life.uptimeMs ?? 10;
        status = life.status === undefined ? SERVING : life.status;
        return life.end;
      });
      return { ended, kill: (signal) => seen.kills.push(signal) };
    },
    status: () => status,
    inquest: () => {
      const { charges = [], hadApps = false } = lives[seen.spawned - 1]!;
      return { charges, hadApps };
    },
    handOver: (handOver) => seen.handedOver.push(handOver),
    write: (line) => seen.lines.push(JSON.parse(line)),
    now: () => now,
    wall: () => 0,
    wait: (ms) => {
      seen.waits.push(ms);
      onWait(guardian);
      return Promise.resolve();
    },
  });
  return { code: await guardian.run(), ...seen };
}

Deno.test("Guardian starts a killed host again at once and logs which apps were busy", async () => {
  const { code, spawned, waits, lines } = await guard([{ end: KILLED }, { end: { code: 0, signal: null } }]);
  assertEquals([code, spawned, waits], [0, 2, []]);
  assertEquals(lines, [{
    ts: "1970-01-01T00:00:00.000Z",
    level: "error",
    event: "host_died",
    signal: "SIGKILL",
    suspects: [],
    evidence: [],
    busy_apps: ["shop"],
    restart_in_ms: 0,
  }]);
});

const CRASHED: HostEnd = { code: 133, signal: "SIGTRAP" };
const SURE: Charge = { app: "shop", version: "v1", share: 0.98765, reason: "computed for 300 ms" };
const MAYBE: Charge = { ...SURE, app: "blog", share: 0.3 };
const STOPPED: Life = { end: { code: 0, signal: null } };

Deno.test("Guardian names who ended the host, and tells the next one whom to start last", async () => {
  const { lines, handedOver } = await guard([{ end: CRASHED, charges: [SURE, MAYBE] }, STOPPED]);
  assertEquals(lines[0]?.["suspects"], ["shop", "blog"]);
  assertEquals(lines[0]?.["evidence"], [{ ...SURE, share: 0.99 }, MAYBE]);
  assertEquals(handedOver, [{ convictions: [], suspects: [] }, { convictions: [], suspects: ["blog", "shop"] }]);
});

Deno.test("Guardian convicts at the second death, until a host has come to listen, and waits for no clear case", async () => {
  const { handedOver, waits } = await guard([
    { end: CRASHED, charges: [SURE] },
    { end: CRASHED, charges: [SURE] },
    { end: CRASHED, status: null },
    { end: CRASHED },
    STOPPED,
  ]);
  const reason = "the host died 2 times while it computed for 300 ms";
  const convictions = [{ app: "shop", version: "v1", reason, since: 0 }];
  assertEquals(handedOver.map((one) => one.convictions), [[], [], convictions, convictions, []]);
  assertEquals(handedOver.map((one) => one.suspects), [[], ["shop"], [], [], []]);
  assertEquals(waits, [100], "the first of the deaths that nobody explains costs no wait either");
});

Deno.test("Guardian goes on after a first host that was killed while its apps booted", async () => {
  const booting = { status: null, hadApps: true, charges: [SURE] };
  const { spawned, handedOver } = await guard([
    { end: CRASHED, ...booting },
    { end: CRASHED, ...booting },
    STOPPED,
  ]);
  assertEquals([spawned, handedOver.at(-1)?.convictions.length], [3, 1]);
  const failed = await guard([{ end: { code: 1, signal: null }, status: null, hadApps: true }]);
  assertEquals([failed.code, failed.spawned], [1, 1], "an end of its own is not mended by another start");
});

Deno.test("Guardian waits longer each time a host dies young, and starts anew after a healthy life", async () => {
  const young = Array.from({ length: 9 }, (): Life => ({ end: KILLED }));
  const healthy: Life = { end: { code: 70, signal: null }, uptimeMs: 60_000 };
  const { waits, lines } = await guard([...young, healthy, { end: KILLED }, { end: { code: 0, signal: null } }]);
  assertEquals(waits, [100, 200, 400, 800, 1600, 3200, 5000, 5000, 100]);
  assertEquals(lines.map((line) => line["restart_in_ms"]).slice(-3), [5000, 0, 100]);
  assertEquals(lines.at(-2)?.["exit_code"], 70);
  assertEquals(restartDelayMs(1000), 5000);
});

Deno.test("Guardian does not start again after wrong use, a refused configuration or a regular end", async () => {
  for (const code of [0, 2, 3]) {
    const result = await guard([{ end: KILLED }, { end: { code, signal: null } }]);
    assertEquals([result.code, result.spawned], [code, 2]);
  }
});

Deno.test("Guardian ends with the code of a host that never was listening, whatever the code", async () => {
  const failed = await guard([{ end: { code: 1, signal: null }, status: null }]);
  assertEquals([failed.code, failed.lines], [1, []]);
  const killed = await guard([{ end: KILLED, status: null }]);
  assertEquals([killed.code, killed.lines[0]?.["restart_in_ms"]], [1, null]);
});

Deno.test("Guardian keeps trying when a later host fails before it listens", async () => {
  const { code, spawned } = await guard([
    { end: KILLED },
    { end: { code: 1, signal: null }, status: null },
    { end: { code: 0, signal: null } },
  ]);
  assertEquals([code, spawned], [0, 3]);
});

Deno.test("Guardian hands on signals and ends with the host's exit code after a drain", async () => {
  const { code, kills, lines } = await guard([{
    end: { code: 1, signal: null },
    during: (guardian) => {
      guardian.reload();
      guardian.stop("SIGTERM");
      guardian.stop("SIGINT");
    },
  }]);
  assertEquals([code, kills, lines], [1, ["SIGHUP", "SIGTERM", "SIGINT"], []]);
});

Deno.test("Guardian takes an end that the host announced for meant, though nobody told the guardian", async () => {
  const { code, spawned } = await guard([{ end: { code: 1, signal: null }, status: { stopping: true, busyApps: [] } }]);
  assertEquals([code, spawned], [1, 1]);
});

Deno.test("Guardian ends with 0 when it is told to stop before the host could listen, or between two hosts", async () => {
  const early = await guard([{
    end: { code: 143, signal: "SIGTERM" },
    status: null,
    during: (guardian) => guardian.stop("SIGTERM"),
  }]);
  assertEquals(early.code, 0);
  const between = await guard([{ end: KILLED }, { end: KILLED }], (guardian) => guardian.stop("SIGTERM"));
  assertEquals([between.code, between.spawned], [0, 2]);
});

Deno.test("Guardian ends with 1 when the host is killed while it drains", async () => {
  const { code } = await guard([{ end: KILLED, during: (guardian) => guardian.stop("SIGTERM") }]);
  assertEquals(code, 1);
});

Deno.test("hostCommand() runs the same program with the flags of deno task start", async () => {
  const config = JSON.parse(await Deno.readTextFile(new URL("../../../../deno.json", import.meta.url)));
  assertEquals(config.tasks.start.command, `deno run ${HOST_FLAGS.join(" ")} admin/cli/main.ts start`);
  const from = { execPath: "/usr/bin/deno", mainModule: "file:///srv/na%20no/mod.ts" };
  assertEquals(hostCommand(["--port", "1"], { ...from, standalone: false }), {
    program: "/usr/bin/deno",
    args: ["run", "--no-prompt", ...HOST_FLAGS, "/srv/na no/mod.ts", "start", "--no-guardian", "--port", "1"],
  });
  assertEquals(hostCommand([], { ...from, standalone: true }).args, ["start", "--no-guardian"]);
});
