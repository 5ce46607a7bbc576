/** Many apps in one process: they start, answer as themselves, and leave nothing behind. */
import { assertEquals } from "@std/assert";
import { NanoProcess } from "../../support/nano_process.ts";
import { repeats } from "../../support/repeats.ts";
import { RESERVE, type TempApp, TempProject } from "../../support/temp_project.ts";
import { OWN_THREADS, residentMb, workerThreads } from "./host_threads.ts";
import { until } from "./until.ts";

/** The figure of the docs is of a hundred. */
const APPS = repeats(40, 100);

Deno.test(`${APPS} apps start, answer as themselves and end`, async () => {
  const names = Array.from({ length: APPS }, (_, index) => `app-${index}`);
  const apps = names.map((
    name,
  ): [string, TempApp] => [name, { fixture: "announce", config: { env: { NAME: name } } }]);
  await using project = await TempProject.create(Object.fromEntries(apps), {
    ...RESERVE,
    defaults: { start: "eager" },
  });
  const begin = performance.now();
  await using nano = await NanoProcess.start(project.configFile, { timeoutMs: 300_000 });
  const listeningMs = Math.round(performance.now() - begin);
  await until(
    () => nano.events.filter(({ event }) => event === "app_ready").length === APPS,
    "all apps are ready",
    300_000,
  );
  const readyMs = Math.round(performance.now() - begin);
  const answers = await Promise.all(names.map(async (name) => (await (await nano.fetch(name)).json()).name));
  assertEquals(answers, names);
  const threads = workerThreads(nano.pid).size - OWN_THREADS;
  const megabytes = residentMb(nano.pid);
  console.log(
    `${APPS} apps: listening after ${listeningMs} ms, all ready after ${readyMs} ms, ${threads} isolates' threads, ` +
      `${megabytes.toFixed(0)} MB (${(megabytes / APPS).toFixed(1)} MB an app)`,
  );

  // All but one leave by a reload, so that the process is still there to be looked at.
  const drainBegin = performance.now();
  for (const name of names.slice(1)) await project.removeApp(name);
  // One app, two isolates in reserve.
  await until(
    () => workerThreads(nano.pid).size <= OWN_THREADS + 3,
    "the threads of the removed apps are gone",
    300_000,
  );
  console.log(`${APPS - 1} apps removed and their threads gone after ${Math.round(performance.now() - drainBegin)} ms`);
  assertEquals(await (await nano.fetch(names[0]!)).json().then(({ name }) => name), names[0]);
  assertEquals(nano.events.filter((record) => record.event === "app_exit" && record["reason"] !== "drained"), []);

  const stopBegin = performance.now();
  assertEquals((await nano.stop()).code, 0);
  console.log(`stopped after ${Math.round(performance.now() - stopBegin)} ms`);
});
