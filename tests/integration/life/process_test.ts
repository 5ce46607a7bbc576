/** Apps with `"isolation": "process"`: what their processes may and are given, and how they end. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { findProcessTools } from "../../../runtime/config/process_tools.ts";
import { NanoProcess, runFlags } from "../../support/nano_process.ts";
import { fromFileUrl, REPO } from "../../support/repo.ts";
import { RESERVE, type TempApp, TempProject } from "../../support/temp_project.ts";
import { isolateFolders, isolateProcesses, isRunning, ofKernel } from "./host_threads.ts";
import { until } from "./until.ts";

const OWN: TempApp["config"] = { isolation: "process", cpu_ms: 600_000 };
const APP = `
const held = [];
export default {
  async fetch(request) {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname === "/loop") for (;;);
    if (pathname === "/wait") console.log("waits");
    if (pathname === "/wait") await new Promise((resolve) => setTimeout(resolve, Number(searchParams.get("ms"))));
    if (pathname === "/tried") {
      const tries = {
        env: () => JSON.stringify([Deno.env.toObject(), process.env]),
        args: () => JSON.stringify(Deno.args),
        global: () => String(Symbol.for("nano.process") in globalThis),
        run: () => typeof Deno.Command,
        stdin: () => typeof Deno.stdin,
        listen: () => typeof Deno.listen,
        passwd: () => Deno.readTextFileSync("/etc/passwd"),
        self: () => Deno.readTextFileSync("/proc/self/environ"),
      };
      const told = {};
      for (const [name, run] of Object.entries(tries)) {
        try { told[name] = run(); } catch (error) { told[name] = error.name; }
      }
      return Response.json(told);
    }
    return new Response("here");
  },
};`;

/** The processes that stand in for isolates once the reserve is full. */
async function processes(nano: NanoProcess, count: number): Promise<number[]> {
  return await until(() => {
    const found = isolateProcesses(nano.pid);
    return found.length === count && found;
  }, `${count} processes`);
}

function limitOf(pid: number, name: string): string {
  return new RegExp(`^${name} +(\\S+)`, "m").exec(ofKernel(`/proc/${pid}/limits`) ?? "")?.[1] ?? "none";
}

function statusOf(pid: number, name: string): string {
  return new RegExp(`^${name}:\\s+(\\S+)`, "m").exec(ofKernel(`/proc/${pid}/status`) ?? "")?.[1] ?? "none";
}

Deno.test("An app that asks for a process has one of its own, which is given nothing of the host", async () => {
  const config = { ...OWN, env: { OWN: "value" } };
  await using project = await TempProject.create({
    own: { files: APP, config },
    other: { files: APP, config: { isolation: "worker" } },
  });
  await using nano = await NanoProcess.start(project.configFile, { env: { NANO_TEST_SECRET: "of the host" } });
  assertEquals([await (await nano.fetch("own")).text(), await (await nano.fetch("other")).text()], ["here", "here"]);
  const [pid] = await processes(nano, 1) as [number];
  assertEquals(
    ["Max core file size", "Max file size", "Max open files"].map((name) => limitOf(pid, name)),
    ["0", "0", "128"],
  );
  assertEquals([statusOf(pid, "NoNewPrivs"), ofKernel(`/proc/${pid}/oom_score_adj`)?.trim()], ["1", "700"]);
  if (Deno.uid() === 0) assertEquals(statusOf(pid, "CapEff"), "0000000000000000");
  const environment = ofKernel(`/proc/${pid}/environ`)!.split("\0").map((one) => one.split("=")[0]!).filter(Boolean);
  assertEquals(environment.filter((name) => !["PWD", "OLDPWD", "SHLVL", "_"].includes(name)).sort(), [
    ...["DENO_DIR", "DENO_NO_UPDATE_CHECK", "DENO_V8_FLAGS", "LANG", "LC_ALL", "TZ"],
  ]);
  // The socket it connected by has no name any more.
  for (const { folder } of isolateFolders(nano.pid)) {
    await assertRejects(() => Deno.lstat(folder), Deno.errors.NotFound);
  }
  const told = await (await nano.fetch("own", "/tried")).json();
  assertEquals(told, {
    ...await (await nano.fetch("other", "/tried")).json(),
    env: JSON.stringify([{ OWN: "value" }, { OWN: "value" }]),
  });
  assertEquals([told.run, told.stdin, told.listen, told.args], ["undefined", "undefined", "undefined", "[]"]);
});

/** A NANO that was started with a file open, as by a shell that left one. */
async function startWithOpenFile(configFile: string, env: Readonly<Record<string, string>>): Promise<NanoProcess> {
  const entry = fromFileUrl(new URL("admin/cli/main.ts", REPO));
  const opening = ["bash", "-c", 'exec 9</etc/hosts 23</etc/hosts; exec "$@"', "bash"] as const;
  return await NanoProcess.start(configFile, {
    env,
    program: [...opening, Deno.execPath(), ...await runFlags(), entry],
  });
}

function openFiles(pid: number): string[] {
  return [...Deno.readDirSync(`/proc/${pid}/fd`)].flatMap(({ name }) => {
    try {
      return [Deno.readLinkSync(`/proc/${pid}/fd/${name}`)];
    } catch {
      return [];
    }
  });
}

const NAMESPACES = ["user", "mnt", "net", "ipc", "uts", "pid"];

for (const [wanted, how] of [["1", "where the machine gives it some"], ["0", "not when nobody wants them"]] as const) {
  Deno.test(`A process has namespaces of its own ${how}, and no file that NANO was started with`, async () => {
    const found = await findProcessTools();
    const isWalled = wanted === "1" && "tools" in found && found.tools.namespaces !== null;
    if (wanted === "1" && !isWalled) console.log("this machine gives NANO no namespaces: their absence is tested");
    await using project = await TempProject.create({ own: { files: APP, config: OWN } });
    await using nano = await startWithOpenFile(project.configFile, { NANO_NAMESPACES: wanted });
    assertEquals(await (await nano.fetch("own")).text(), "here");
    const [pid] = await processes(nano, 1) as [number];
    assert(openFiles(nano.pid).includes("/etc/hosts"), "NANO itself has it");
    assertEquals(openFiles(pid).filter((file) => !/^(pipe|socket|anon_inode):/.test(file) && file !== "/dev/null"), []);
    const own = NAMESPACES.filter((name) =>
      Deno.readLinkSync(`/proc/${pid}/ns/${name}`) !== Deno.readLinkSync(`/proc/${nano.pid}/ns/${name}`)
    );
    assertEquals(own, isWalled ? NAMESPACES : []);
    assertEquals(
      statusOf(pid, "CapEff") === "0000000000000000",
      isWalled || "tools" in found && found.tools.dropping.length > 0 || Deno.uid() !== 0,
    );
    assertEquals(statusOf(pid, "Seccomp"), "tools" in found && found.tools.filtering.length > 0 ? "2" : "0");
    if (!isWalled) return;
    const seen = [...Deno.readDirSync(`/proc/${pid}/root`)].map(({ name }) => name);
    assertEquals(seen.filter((name) => !["lib", "lib64"].includes(name)).sort(), [
      ...["dev", "nano", "prlimit", "proc", "setpriv", "socket", "usr"],
    ]);
    assertEquals([...Deno.readDirSync(`/proc/${pid}/root/usr`)].filter(({ name }) => !/^lib(64)?$/.test(name)), []);
    assertEquals(
      ofKernel(`/proc/${pid}/net/dev`)!.trim().split("\n").slice(2).map((line) => line.split(":")[0]!.trim()),
      ["lo"],
    );
  });
}

Deno.test("A host without such apps starts no process, and one with them keeps one in reserve", async () => {
  await using project = await TempProject.create({ other: { files: APP, config: { isolation: "worker" } } }, RESERVE);
  await using nano = await NanoProcess.start(project.configFile);
  assertEquals(await (await nano.fetch("other")).text(), "here");
  assertEquals(isolateProcesses(nano.pid), []);
  await project.setApp("own", { files: APP, config: OWN });
  await until(async () => (await (await nano.fetch("own")).text()) === "here", "the new app serves");
  await processes(nano, 2);
  await project.setApp("own", { files: APP, config: { isolation: "worker" } });
  await processes(nano, 0);
  assertEquals(await (await nano.fetch("own")).text(), "here");
});

Deno.test("When the host is killed, every process of an app is gone, one that computes without end too", async () => {
  await using project = await TempProject.create({
    idle: { files: APP, config: OWN },
    busy: { files: APP, config: OWN },
  }, RESERVE);
  await using nano = await NanoProcess.start(project.configFile);
  assertEquals(await (await nano.fetch("idle")).text(), "here");
  const looping = nano.fetch("busy", "/loop").then(() => "answered", () => "cut");
  const all = await processes(nano, 3);
  await until(() => all.some((pid) => / R /.test(ofKernel(`/proc/${pid}/stat`) ?? "")), "one computes");
  const killedAt = performance.now();
  nano.signal("SIGKILL");
  await until(() => !all.some(isRunning), "no process is left");
  console.log(`all processes gone ${(performance.now() - killedAt).toFixed(0)} ms after SIGKILL of the host`);
  assertEquals(await looping, "cut");
});

Deno.test("Whoever kills an app's process costs its requests a code, and nothing else", async () => {
  const KILLS = 5;
  const REQUESTS = 4;
  await using project = await TempProject.create({
    own: { files: APP, config: OWN },
    other: { files: APP, config: { isolation: "process" } },
  }, { ...RESERVE, state_dir: ".nano" });
  await using nano = await NanoProcess.start(project.configFile);
  const told = new Map<string, number>();
  const folders = new Set<string>();
  for (let kill = 0; kill < KILLS; kill++) {
    await until(async () => (await (await nano.fetch("own")).text()) === "here", "it serves again");
    const from = nano.events.length;
    const inside = () => nano.events.slice(from).filter((record) => record["text"] === "waits").length;
    const waiting = Array.from({ length: REQUESTS }, async () => {
      const response = await nano.fetch("own", "/wait?ms=600000");
      await response.body?.cancel();
      return `${response.status} ${response.headers.get("nano-error")}`;
    });
    // One that came after the kill would wait for the next process, and be served by it.
    await until(() => inside() === REQUESTS, "all are inside");
    const before = isolateProcesses(nano.pid);
    for (const { folder } of isolateFolders(nano.pid)) folders.add(folder);
    for (const pid of before) Deno.kill(pid, "SIGKILL");
    for (const one of await Promise.all(waiting)) told.set(one, (told.get(one) ?? 0) + 1);
    await nano.waitForEvent(
      ({ event, app, reason }) => event === "app_exit" && app === "own" && reason === "terminated",
      undefined,
      from,
    );
    await until(() => !before.some(isRunning), "none of them is left");
  }
  assertEquals([...told], [["502 APP_TERMINATED", KILLS * REQUESTS]]);
  // The one of a process that was killed before it had connected goes when the host sees its end.
  for (const folder of folders) {
    await until(() => Deno.lstat(folder).then(() => false, () => true), `${folder} is gone`);
  }
});

Deno.test("SIGTERM to all processes of a NANO lets requests of an app in a process end", async () => {
  await using project = await TempProject.create({ own: { files: APP, config: OWN } });
  await using nano = await NanoProcess.start(project.configFile);
  const answer = nano.fetch("own", "/wait?ms=700");
  const [pid] = await processes(nano, 1) as [number];
  await nano.waitForEvent((record) => record["text"] === "waits");
  Deno.kill(pid, "SIGTERM");
  nano.signal("SIGTERM");
  assertEquals(await (await answer).text(), "here");
});
