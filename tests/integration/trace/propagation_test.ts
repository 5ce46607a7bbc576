/** A client's trace context on its way through an app to whatever that calls, without OpenTelemetry in NANO. */
import { assert, assertEquals } from "@std/assert";
import { NanoProcess } from "../../support/nano_process.ts";
import { TempProject } from "../../support/temp_project.ts";
import { until } from "../life/until.ts";
import { startTraceUpstream, TRACE_APP } from "./trace_app.ts";

const SPAN = "b7ad6b7169203331";
const traceparentOf = (count: number) => `00-${count.toString(16).padStart(32, "a")}-${SPAN}-01`;

Deno.test("Without OpenTelemetry a trace context goes unchanged through an app to everything it calls", async (t) => {
  await using upstream = startTraceUpstream();
  await using project = await TempProject.create({
    app: { files: TRACE_APP, config: { outbound: "any", env: { UPSTREAM: upstream.url } } },
  });
  await using nano = await NanoProcess.start(project.configFile);
  let count = 0;
  /** Calls the app and waits until it has called the upstream. */
  const call = async (way: string, headers: [string, string][], init: RequestInit = {}) => {
    const id = `${way}-${++count}`;
    const response = await nano.fetch("app", `/${way}/${id}`, { ...init, headers: new Headers(headers) });
    const text = await response.text();
    assertEquals(response.status, 200, text);
    await until(() => upstream.seen.has(id), `the upstream is called for ${id}`);
    return { id, own: JSON.parse(text) as unknown, seen: upstream.seen.get(id)! };
  };

  const ways = ["plain", "await", "timer", "microtask", "second", "wait", "stream", "socket", "events"];
  for (const way of ways) {
    await t.step(`by ${way}`, async () => {
      const traceparent = traceparentOf(count);
      const { id, own, seen } = await call(way, [["Traceparent", traceparent], ["tracestate", "a=1"]]);
      assertEquals(own, [traceparent, "a=1"]);
      assertEquals(seen, [traceparent, "a=1"]);
      if (way === "second") assertEquals(upstream.seen.get(`${id}-2`), [traceparent, "a=1"]);
    });
  }

  await t.step("behind a request body", async () => {
    const traceparent = traceparentOf(count);
    const { seen } = await call("body", [["traceparent", traceparent]], { method: "POST", body: "x".repeat(100_000) });
    assertEquals(seen, [traceparent, null]);
  });

  await t.step("several tracestate headers become one", async () => {
    const traceparent = traceparentOf(count);
    const { own, seen } = await call("plain", [["traceparent", traceparent], ["tracestate", "a=1"], [
      "tracestate",
      "b=2",
    ]]);
    assertEquals([own, seen], [[traceparent, "a=1, b=2"], [traceparent, "a=1, b=2"]]);
  });

  await t.step("the app's own wins", async () => {
    const { seen } = await call("mine", [["traceparent", traceparentOf(1)], ["tracestate", "a=1"]]);
    assertEquals(seen, ["00-11111111111111111111111111111111-2222222222222222-00", null]);
  });

  await t.step("an invalid one reaches the app as it came, and nobody else", async () => {
    const invalid = `00-${"0".repeat(32)}-${SPAN}-01`;
    const { own, seen } = await call("plain", [["traceparent", invalid], ["tracestate", "a=1"]]);
    assertEquals([own, seen], [[invalid, "a=1"], [null, null]]);
  });

  await t.step("without one there is none", async () => {
    for (const way of ["plain", "await", "socket", "stream"]) {
      const { seen } = await call(way, []);
      assertEquals(seen, [null, null], way);
    }
  });

  await t.step("requests under way at once keep theirs apart", async () => {
    const wanted = Array.from({ length: 60 }, (_, at) => at % 3 === 2 ? null : traceparentOf(1000 + at));
    const got = await Promise.all(wanted.map(async (traceparent, at) => {
      const way = ["plain", "await", "timer", "wait"][at % 4]!;
      return (await call(way, traceparent === null ? [] : [["traceparent", traceparent]])).seen[0];
    }));
    assertEquals(got, wanted);
  });

  await t.step("an app that patches AsyncLocalStorage changes nothing", async () => {
    const traceparent = traceparentOf(7);
    for (let round = 0; round < 2; round++) {
      const { seen } = await call("patched", [["traceparent", traceparent]]);
      assertEquals(seen, [traceparent, null]);
    }
  });

  assert((await nano.stop()).success);
});
