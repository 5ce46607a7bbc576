/** Holds that a cut answer is seen as cut: by its client, and in every figure that NANO tells of it. */
import { assert, assertEquals } from "@std/assert";
import { loadConfig, Nano, type Patience, type RequestEvent } from "../../../runtime/mod.ts";
import { RawConnection, type RawResponse } from "../../support/raw_http.ts";
import { TempProject } from "../../support/temp_project.ts";
import { warmBundles } from "../../support/warm_bundles.ts";
import { until } from "../life/until.ts";

// The isolates' threads outlive a test's end by a moment, and Deno counts them as resources.
const WHOLE_SYSTEM = { sanitizeResources: false, sanitizeOps: false };
const DEADLINE_MS = 60_000;

const APP = `
const bytes = (length) => new Uint8Array(length);
const soon = () => new Promise((resolve) => setTimeout(resolve, 20));
/** A body of chunks that ends as told. */
const streamed = (chunks, end) => new ReadableStream({
  async pull(controller) {
    const chunk = chunks.shift();
    if (chunk !== undefined) return controller.enqueue(bytes(chunk));
    await soon();
    end(controller);
  },
});
const close = (controller) => controller.close();
const fail = (controller) => controller.error(new Error("broken"));
const PATHS = {
  "/whole": () => new Response("hello"),
  "/large": () => new Response(bytes(5e6)),
  "/huge": () => new Response(bytes(30e6)),
  "/streamed": () => new Response(streamed([10, 20], close)),
  "/throws": () => { throw new Error("thrown"); },
  "/broken": () => new Response(streamed([10, 20], fail)),
  "/broken-length": () => new Response(streamed([10, 20], fail), { headers: { "content-length": "1000" } }),
  "/short": () => new Response(streamed([10, 20], close), { headers: { "content-length": "1000" } }),
  "/long": () => new Response(streamed([10, 20], close), { headers: { "content-length": "25" } }),
  "/short-whole": () => new Response("hello", { headers: { "content-length": "10" } }),
  "/long-whole": () => new Response("hello world", { headers: { "content-length": "5" } }),
  "/exact": () => new Response("h\u00e9llo", { headers: { "content-length": "6" } }),
  "/full": () => {
    const held = [];
    return new Response(streamed([10], function grow(controller) {
      for (;;) held.push({ text: "x".repeat(100) + held.length });
    }));
  },
  "/endless": () => new Response(new ReadableStream({ pull: (controller) => controller.enqueue(bytes(65536)) })),
  "/late": () => new Promise(() => {}),
  "/sleepy": async (request) => {
    for await (const _ of request.body) { /* as it comes */ }
    return new Response("read");
  },
  "/answers-first": (request) => {
    const reader = request.body.getReader();
    return new Response(new ReadableStream({
      async start(controller) {
        controller.enqueue(bytes(10));
        while (!(await reader.read()).done);
        controller.close();
      },
    }));
  },
};
export default { fetch: (request) => (PATHS[new URL(request.url).pathname] ?? PATHS["/whole"])(request) };
`;

/** A NANO with one app, and the requests that it told. */
class Scene implements AsyncDisposable {
  readonly told: RequestEvent[] = [];
  readonly nano: Nano;
  readonly #project: TempProject;
  #wake = () => {};

  private constructor(nano: Nano, project: TempProject) {
    this.nano = nano;
    this.#project = project;
    nano.events.listen((event) => {
      if (event.event !== "request") return;
      this.told.push(event);
      this.#wake();
    });
  }

  static async start(
    { patience, timeoutMs = 60_000 }: { readonly patience?: Patience; readonly timeoutMs?: number } = {},
  ): Promise<Scene> {
    const project = await TempProject.create({
      app: { files: APP, config: { memory_mb: 64, timeout_ms: timeoutMs, drain_timeout_ms: 100 } },
    }, { admin: false });
    const options = { write: () => {}, ...(patience === undefined ? {} : { patience }) };
    await warmBundles(project.configFile);
    return new Scene(await Nano.start(await loadConfig(project.configFile), options), project);
  }

  open(): Promise<RawConnection> {
    return RawConnection.open(this.nano.url);
  }

  async get(path: string, method = "GET"): Promise<RawResponse> {
    using connection = await this.open();
    await connection.request(method, path, [["Host", "app"]]);
    return await connection.readResponse(method);
  }

  /** The next request that was told since the last look. */
  async next(): Promise<RequestEvent> {
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(() => late.reject(new Error("No request was told in time")), DEADLINE_MS);
    try {
      while (this.told.length === 0) {
        await Promise.race([new Promise<void>((resolve) => this.#wake = resolve), late.promise]);
      }
      return this.told.shift()!;
    } finally {
      clearTimeout(timer);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.nano.drain();
    await this.#project[Symbol.asyncDispose]();
  }
}

Deno.test({
  name: "A request's end is told as it was, and a body that is cut never looks whole",
  ...WHOLE_SYSTEM,
  async fn(t) {
    await using scene = await Scene.start({ timeoutMs: 3000 });
    const cases: readonly (readonly [path: string, status: number, truncated: boolean, end: RequestEvent["end"]])[] = [
      ["/whole", 200, false, "done"],
      ["/large", 200, false, "done"],
      ["/exact", 200, false, "done"],
      ["/streamed", 200, false, "done"],
      ["/throws", 500, false, "app_failed"],
      ["/broken", 200, true, "app_failed"],
      ["/broken-length", 200, true, "app_failed"],
      ["/short", 200, true, "app_failed"],
      ["/long", 200, true, "app_failed"],
      ["/short-whole", 200, true, "app_failed"],
      ["/long-whole", 200, true, "app_failed"],
      ["/late", 504, false, "timed_out"],
      ["/full", 200, true, "isolate_ended"],
    ];
    for (const [path, status, truncated, end] of cases) {
      await t.step(`${path}: ${end}`, async () => {
        const response = await scene.get(path);
        const event = await scene.next();
        assertEquals([response.status, response.truncated, event.status, event.end], [status, truncated, status, end]);
      });
    }
    // On a busy machine it boots longer than a request waits for it
    await until(() => scene.nano.apps()[0]!.state === "running", "the app is up again");
    await t.step("HEAD wants no body: its answer is done", async () => {
      for (const path of ["/streamed", "/large", "/short", "/short-whole"]) {
        await scene.get(path, "HEAD");
        assertEquals((await scene.next()).end, "done", path);
      }
    });
    await t.step("a host that nobody claims gets a whole answer", async () => {
      using connection = await scene.open();
      await connection.request("GET", "/", [["Host", "nobody"]]);
      assertEquals((await connection.readResponse("GET")).status, 404);
      assertEquals((await scene.next()).end, "done");
    });
    await t.step("what was cut counts as an error", () => {
      const { errors, requests } = scene.nano.observations.requestSummary("app");
      // /throws, seven that were cut, and the timeout by its status.
      assertEquals([errors, requests], [9, 17]);
      assertEquals(Object.fromEntries(scene.nano.observations.requestsByEnd("app")), {
        done: 8,
        app_failed: 7,
        isolate_ended: 1,
        timed_out: 1,
      });
    });
    await t.step("and the metrics tell it", async () => {
      const text = await scene.nano.metrics();
      assert(text.includes('nano_requests_total{app="app",method="GET",status="200",end="isolate_ended"} 1\n'), text);
    });
  },
});

Deno.test({
  name: "A client that goes away is told as gone, before the head as 499, and is no error of the app's",
  ...WHOLE_SYSTEM,
  async fn() {
    await using scene = await Scene.start();
    {
      using connection = await scene.open();
      await connection.request("GET", "/endless", [["Host", "app"]]);
      await connection.readHead();
      await connection.readSome(65_536);
      connection.close();
    }
    const cut = await scene.next();
    assertEquals([cut.status, cut.end, cut.code], [200, "client_gone", null]);
    assert(cut.bytes > 0);
    {
      // The app never looks at request.signal.
      using connection = await scene.open();
      await connection.request("GET", "/late", [["Host", "app"]]);
      connection.close();
    }
    const gone = await scene.next();
    assertEquals([gone.status, gone.end, gone.code], [499, "client_gone", null]);
    {
      using connection = await scene.open();
      await connection.request("POST", "/sleepy", [["Host", "app"], ["Content-Length", "100"]], "some");
      connection.close();
    }
    assertEquals((await scene.next()).end, "client_gone");
    {
      // At hand as a whole, but longer than all buffers between.
      using connection = await scene.open();
      await connection.request("GET", "/huge", [["Host", "app"]]);
      await connection.readHead();
      connection.close();
    }
    const left = await scene.next();
    assertEquals([left.end, left.bytes < 30e6], ["client_gone", true]);
    assertEquals(scene.nano.observations.requestSummary("app").errors, 0);
  },
});

Deno.test({
  name: "Clients that take or send nothing are cut off after their time, and the app's places are free again",
  ...WHOLE_SYSTEM,
  async fn() {
    await using scene = await Scene.start({
      patience: { writeStallMs: 300, bodyWindowMs: 300, bodyBytesPerSecond: 240 },
    });
    const idle: RawConnection[] = [];
    for (let count = 0; count < 5; count++) {
      const connection = await scene.open();
      idle.push(connection);
      await connection.request("GET", "/endless", [["Host", "app"]]);
    }
    for (let count = 0; count < 5; count++) {
      const event = await scene.next();
      assertEquals([event.status, event.end], [200, "timed_out"]);
    }
    assertEquals(scene.nano.apps()[0]!.inFlight, 0);
    for (const connection of idle) connection[Symbol.dispose]();
    {
      using connection = await scene.open();
      await connection.request("POST", "/sleepy", [["Host", "app"], ["Content-Length", "100"]], "some");
      const response = await connection.readResponse("POST");
      assertEquals([response.status, response.get("nano-error"), response.get("connection")], [
        408,
        "REQUEST_TOO_SLOW",
        "close",
      ]);
    }
    const slow = await scene.next();
    assertEquals([slow.status, slow.end, slow.code], [408, "timed_out", "REQUEST_TOO_SLOW"]);
    {
      using connection = await scene.open();
      await connection.request("POST", "/answers-first", [["Host", "app"], ["Transfer-Encoding", "chunked"]]);
      assertEquals((await connection.readHead()).status, 200);
      // Deno closes such a connection only once its client sends more; what it never gets is the last chunk.
      const late = await scene.next();
      assertEquals([late.status, late.end], [200, "timed_out"]);
    }
    assertEquals(scene.nano.observations.requestSummary("app").errors, 0);
  },
});
