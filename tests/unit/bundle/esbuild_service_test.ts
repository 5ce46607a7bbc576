import { assert, assertEquals, assertRejects } from "@std/assert";
import type { BuildResult, Plugin, PluginBuild } from "esbuild";
import { EsbuildEnded } from "../../../runtime/bundle/esbuild_ended.ts";
import { EsbuildExcess, MAX_BUILD_BYTES, packetLengths } from "../../../runtime/bundle/esbuild_excess.ts";
import {
  endForExcess,
  openBuildContext,
  processBytes,
  processCpuMs,
  stopProcess,
} from "../../../runtime/bundle/esbuild_process.ts";
import { EsbuildService, esbuildService } from "../../../runtime/bundle/esbuild_service.ts";
import { NanoError } from "../../../runtime/errors.ts";
import { settle } from "../runtime/fake_clock.ts";

/** An esbuild whose builds end when the test says so, with timers that the test fires. */
function fakeEsbuild({ deaf = false, silent = false } = {}) {
  const builds: PromiseWithResolvers<BuildResult>[] = [];
  const timers = new Map<() => void, number>();
  const calls: string[] = [];
  const plugins: Plugin[] = [];
  const cpu = { ms: 0 };
  const memory = { bytes: 0 };
  const service = new EsbuildService({
    version: "0",
    context: (options) => {
      plugins.push(...options.plugins ?? []);
      if (silent) return new Promise(() => {});
      const build = Promise.withResolvers<BuildResult>();
      builds.push(build);
      return Promise.resolve({
        rebuild: () => build.promise as never,
        cancel: () => {
          if (!deaf) build.reject(new Error("canceled"));
          return Promise.resolve();
        },
        dispose: () => {
          calls.push("dispose");
          return Promise.resolve();
        },
      });
    },
    stop: () => {
      calls.push("stop");
      return Promise.resolve();
    },
    cpuMs: () => cpu.ms,
    bytes: () => memory.bytes,
    endForExcess(why) {
      memory.bytes = 0;
      const error = new EsbuildExcess(why);
      for (const build of builds) build.reject(error);
    },
    startTimer(callback, delayMs) {
      timers.set(callback, delayMs);
      return () => timers.delete(callback);
    },
  });
  function fire(delayMs: number): void {
    for (const [callback, delay] of [...timers]) {
      if (delay !== delayMs) continue;
      timers.delete(callback);
      callback();
    }
  }
  /** A time of the service passes, `looks` of the 20 that it takes at it. */
  function pass(limitMs: number, looks = 20): void {
    for (let look = 0; look < looks; look++) fire(limitMs / 20);
  }
  return { service, builds, timers, calls, plugins, fire, pass, cpu, memory };
}

const DONE = { errors: [], warnings: [] } as unknown as BuildResult;

Deno.test("EsbuildService stops esbuild when nothing was built for 10 s, and starts it again", async () => {
  const { service, builds, timers, calls, fire } = fakeEsbuild();
  for (const _ of [1, 2]) {
    const build = service.build({});
    builds.at(-1)!.resolve(DONE);
    await build;
    assertEquals([...timers.values()], [10_000]);
    fire(10_000);
    assertEquals(timers.size, 0);
  }
  assertEquals(calls, ["dispose", "stop", "dispose", "stop"]);
});

Deno.test("EsbuildService does not stop esbuild while a build runs", async () => {
  const { service, builds, timers, calls } = fakeEsbuild();
  const [one, two] = [service.build({}), service.build({})];
  builds[0]!.resolve(DONE);
  await one;
  await service.stopIfIdle();
  assertEquals(calls, ["dispose"]);
  builds[1]!.resolve(DONE);
  await two;
  await service.stopIfIdle();
  await service.stopIfIdle();
  assertEquals([calls, timers.size], [["dispose", "dispose", "stop"], 0]);
});

Deno.test("EsbuildService cancels a build that takes 60 s and frees its context", async () => {
  const { service, pass, calls, timers } = fakeEsbuild();
  const build = service.build({});
  await Promise.resolve();
  await Promise.resolve();
  pass(60_000);
  await assertRejects(() => build, NanoError, "Cannot build: it went no further for 60 s");
  assertEquals([calls, [...timers.values()]], [["dispose"], [10_000]]);
});

Deno.test("EsbuildService counts what a build computes, not what it waits for its turn", async () => {
  const { service, pass, cpu } = fakeEsbuild();
  const build = service.build({});
  await settle();
  // A tenth of a core: 0.3 of 3 s
  for (let look = 0; look < 199; look++) {
    cpu.ms += 300;
    pass(60_000, 1);
  }
  let ended = false;
  build.catch(() => ended = true);
  await settle();
  assertEquals(ended, false);
  cpu.ms += 300;
  pass(60_000, 2);
  await assertRejects(() => build, NanoError, "Cannot build: it went no further for 60 s");
});

Deno.test("EsbuildService gives a build that computes with many threads its whole time", async () => {
  const { service, builds, pass, cpu } = fakeEsbuild();
  const build = service.build({});
  await settle();
  for (let look = 0; look < 19; look++) {
    cpu.ms += 24_000;
    pass(60_000, 1);
  }
  builds[0]!.resolve(DONE);
  assertEquals(await build, DONE);
});

Deno.test("EsbuildService lets a build take its time as long as its plugins are asked", async () => {
  const { service, builds, pass, plugins } = fakeEsbuild();
  let answered = 0;
  const plugin: Plugin = {
    name: "own",
    setup: (build) => build.onLoad({ filter: /x/ }, () => (answered++, undefined)),
  };
  const build = service.build({ plugins: [plugin] });
  await settle();
  let ask = () => {};
  await plugins[0]!.setup({ onLoad: (_: unknown, answer: () => void) => ask = answer } as unknown as PluginBuild);
  for (const _ of [1, 2, 3]) {
    ask();
    pass(60_000);
    pass(70_000);
  }
  builds[0]!.resolve(DONE);
  assertEquals([await build, answered, builds.length], [DONE, 3, 1]);
});

Deno.test("EsbuildService tells which of two builds takes too much memory", async () => {
  const { service, builds, fire, memory } = fakeEsbuild();
  const both = Promise.allSettled([service.build({}), service.build({})]);
  await settle();
  memory.bytes = MAX_BUILD_BYTES;
  fire(100);
  memory.bytes++;
  fire(100);
  await settle();
  // Each by itself, and nobody beside it
  const third = service.build({});
  await settle();
  assertEquals(builds.length, 3);
  builds[2]!.resolve(DONE);
  await settle();
  assertEquals(builds.length, 4);
  memory.bytes = MAX_BUILD_BYTES + 1;
  fire(100);
  await settle();
  const [honest, greedy] = await both;
  await settle();
  assertEquals(builds.length, 5);
  builds[4]!.resolve(DONE);
  assertEquals([honest.status, await third], ["fulfilled", DONE]);
  const { code, message } = (greedy as PromiseRejectedResult).reason as NanoError;
  assertEquals(code, "APP_FAILED");
  assert(/^Cannot build: esbuild takes more than \d+ MiB of memory for it$/.test(message), message);
});

Deno.test("A build that is ended for what it takes fails at once, and the next one has another process", async () => {
  const entered = Promise.withResolvers<void>();
  const plugin: Plugin = {
    name: "slow",
    setup: ({ onResolve }) =>
      onResolve({ filter: /./ }, () => {
        entered.resolve();
        return new Promise(() => {});
      }),
  };
  const options = { write: false, logLevel: "silent" } as const;
  const build = esbuildService.build({ ...options, entryPoints: ["x"], plugins: [plugin] });
  await entered.promise;
  assert(processBytes()! > 1_000_000);
  endForExcess("it is too much");
  await assertRejects(() => build, NanoError, "Cannot build: it is too much");
  await esbuildService.build({ ...options, stdin: { contents: "1" } });
  await esbuildService.stopIfIdle();
});

Deno.test("packetLengths tells each length before its packet, however the bytes come", () => {
  const packets = [5, 0, 70_000, 3];
  const bytes = new Uint8Array(packets.reduce((sum, length) => sum + 4 + length, 0)).fill(0xff);
  let at = 0;
  for (const length of packets) {
    new DataView(bytes.buffer).setUint32(at, length, true);
    at += 4 + length;
  }
  for (const size of [1, 3, 65_536, bytes.length]) {
    const told: number[] = [];
    const read = packetLengths((length) => told.push(length));
    for (let from = 0; from < bytes.length; from += size) read(bytes.subarray(from, from + size));
    assertEquals(told, packets);
  }
});

Deno.test("EsbuildService stops an esbuild that does not let itself be called off", async () => {
  const { service, builds, pass, calls } = fakeEsbuild({ deaf: true });
  const build = service.build({});
  await Promise.resolve();
  await Promise.resolve();
  pass(60_000);
  assertEquals(calls, []);
  pass(5_000);
  assertEquals(calls, ["stop"]);
  builds[0]!.reject(new EsbuildEnded("The service was stopped"));
  await assertRejects(() => build, NanoError, "Cannot build: it went no further for 60 s");
});

Deno.test("EsbuildService builds once more when esbuild's process ends, and gives up when that ends too", async () => {
  for (const deaths of [1, 2]) {
    const { service, builds, timers } = fakeEsbuild();
    const build = service.build({});
    build.catch(() => {});
    for (let death = 0; death < deaths; death++) {
      while (builds.length === death) await settle();
      builds[death]!.reject(new EsbuildEnded("esbuild's process has ended"));
      await settle();
    }
    builds[1]!.resolve(DONE);
    if (deaths === 1) assertEquals(await build, DONE);
    else await assertRejects(() => build, NanoError, "Cannot build with esbuild: esbuild's process has ended, 2 times");
    assertEquals([builds.length, [...timers.values()]], [2, [10_000]]);
  }
});

Deno.test("EsbuildService does not wait for an esbuild that says nothing, whatever was asked of it", async () => {
  const { service, pass, calls, timers } = fakeEsbuild({ silent: true });
  const build = service.build({});
  build.catch(() => {});
  for (const _ of [1, 2]) {
    await settle();
    pass(70_000);
  }
  await assertRejects(() => build, NanoError, "Cannot build with esbuild: it said nothing for 70 s, 2 times");
  assertEquals([calls, [...timers.values()]], [["stop", "stop"], [10_000]]);
});

Deno.test("stopProcess() waits for the process, and a process that was killed is replaced by the next build", async () => {
  async function build(): Promise<string> {
    const options = { stdin: { contents: "export default 1" }, write: false, logLevel: "silent" } as const;
    const context = await openBuildContext(options);
    try {
      return (await context.rebuild()).outputFiles![0]!.text;
    } finally {
      await context.dispose();
    }
  }
  Deno.env.set("NANO_TEST_SECRET", "the-secret");
  const text = await build();
  assertEquals(typeof processCpuMs(), "number");
  Deno.env.delete("NANO_TEST_SECRET");
  const pid = await childNamedEsbuild();
  assertEquals((await Deno.readTextFile(`/proc/${pid}/environ`)).includes("the-secret"), false);
  Deno.kill(pid, "SIGKILL");
  while (await isRunning(pid)) await new Promise<void>((resolve) => setImmediate(resolve));
  await stopProcess();
  assertEquals(await build(), text);
  const next = await childNamedEsbuild();
  assert(next !== pid);
  await stopProcess();
  assertEquals([await isRunning(next), processCpuMs()], [false, null]);
});

Deno.test("A build whose process is killed under way fails soon, and the service builds it again", async () => {
  const blocked = Promise.withResolvers<void>();
  const entered = Promise.withResolvers<void>();
  let loads = 0;
  const plugin: Plugin = {
    name: "slow",
    setup: ({ onLoad, onResolve }) => {
      onResolve({ filter: /./ }, ({ path }) => ({ path, namespace: "slow" }));
      onLoad({ filter: /./ }, async () => {
        if (loads++ === 0) {
          entered.resolve();
          await blocked.promise;
        }
        return { contents: "export default 1" };
      });
    },
  };
  const build = esbuildService.build({ entryPoints: ["x"], plugins: [plugin], write: false, logLevel: "silent" });
  await entered.promise;
  Deno.kill(await childNamedEsbuild(), "SIGKILL");
  assertEquals((await build).outputFiles![0]!.text.includes("1"), true);
  assertEquals(loads, 2);
  blocked.resolve();
  await esbuildService.stopIfIdle();
});

async function childNamedEsbuild(): Promise<number> {
  for await (const { name } of Deno.readDir("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const status = await Deno.readTextFile(`/proc/${name}/status`);
      if (status.includes(`PPid:\t${Deno.pid}\n`) && status.startsWith("Name:\tesbuild")) return Number(name);
    } catch {
      // It ended while we looked.
    }
  }
  throw new Error("esbuild has no process");
}

async function isRunning(pid: number): Promise<boolean> {
  try {
    return !/^State:\tZ/m.test(await Deno.readTextFile(`/proc/${pid}/status`));
  } catch {
    return false;
  }
}
