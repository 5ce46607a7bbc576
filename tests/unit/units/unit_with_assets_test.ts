/** Files before an app: who answers what, and how both drain. */
import { assert, assertEquals } from "@std/assert";
import { BrokenApp } from "../../../runtime/units/broken_app.ts";
import type { AnswerBody } from "../../../runtime/terms/app_call.ts";
import { NanoError } from "../../../runtime/errors.ts";
import type { NanoEvent } from "../../../runtime/terms/events.ts";
import { AssetFolder } from "../../../runtime/http/assets.ts";
import type { AppUnit } from "../../../runtime/generations/reload.ts";
import { StaticSite } from "../../../runtime/units/static_site.ts";
import { UnitWithAssets } from "../../../runtime/units/unit_with_assets.ts";
import { FakeCall } from "../app/fake_call.ts";
import { Stage } from "../app/stage.ts";
import { appConfig } from "../runtime/app_config.ts";
import { FakeClock } from "../runtime/fake_clock.ts";

/** A call with a method and a path, of which a test can wait for the answer. */
class PathCall extends FakeCall {
  override readonly method: string = "GET";
  override readonly url: string;
  readonly #answered = Promise.withResolvers<void>();

  constructor(path: string) {
    super();
    this.url = `http://blog${path}`;
  }

  override respond(status: number, headers: string, body: AnswerBody): void {
    super.respond(status, headers, body);
    this.#answered.resolve();
  }

  override fail(error: NanoError): void {
    super.fail(error);
    this.#answered.resolve();
  }

  async settled(): Promise<this> {
    await this.#answered.promise;
    return this;
  }
}

interface Scene extends AsyncDisposable {
  readonly dir: string;
  readonly clock: FakeClock;
  readonly events: NanoEvent[];
  before(unit: AppUnit): UnitWithAssets;
  folder(): AssetFolder;
}

async function scene(files: Readonly<Record<string, string | Uint8Array>>): Promise<Scene> {
  const dir = await Deno.makeTempDir({ prefix: "nano_assets_" });
  for (const [name, content] of Object.entries(files)) {
    await Deno.writeFile(`${dir}/${name}`, typeof content === "string" ? new TextEncoder().encode(content) : content);
  }
  const clock = new FakeClock();
  const events: NanoEvent[] = [];
  const folder = () => new AssetFolder(dir, { singlePage: false });
  return {
    dir,
    clock,
    events,
    folder,
    before: (unit) => new UnitWithAssets(unit, folder(), { clock, emit: (event) => events.push(event) }),
    [Symbol.asyncDispose]: () => Deno.remove(dir, { recursive: true }),
  };
}

/** Asks and waits for whoever answers. */
async function ask(unit: AppUnit, path: string): Promise<PathCall> {
  const call = new PathCall(path);
  unit.fetch(call);
  return await call.settled();
}

Deno.test("Files are answered while the app is parked, starting or failed, and never wake it", async () => {
  await using the = await scene({ "a.txt": "file" });
  const stage = new Stage();
  assertEquals((await ask(the.before(stage.supervisor), "/a.txt")).status, 200);
  assertEquals([stage.supervisor.state, stage.isolates.length], ["idle", 0]);
  const broken = the.before(new BrokenApp(appConfig(), new NanoError("APP_FAILED", "no"), 0));
  assertEquals((await ask(broken, "/a.txt")).status, 200);
  assertEquals((await ask(broken, "/other")).code, "APP_FAILED");
});

Deno.test("What is no file, or not asked for with GET, is the app's", async () => {
  await using the = await scene({ "a.txt": "file" });
  const stage = await Stage.running();
  const unit = the.before(stage.supervisor);
  const post = new FakeCall();
  unit.fetch(post);
  while (stage.last.received.length < 1) await the.clock.advance(0);
  assertEquals(stage.last.received, [post]);
  const other = new PathCall("/other");
  unit.fetch(other);
  assertEquals(unit.pending, 2, "One is in the isolate, one looks for its file");
  const stopped = unit.stop();
  // The stop came while its file was looked for: it still reaches the app.
  while (stage.last.received.length < 2) await the.clock.advance(0);
  assertEquals(other.code, null);
  stage.last.answer(post);
  stage.last.answer(other);
  stage.last.quiet.resolve();
  await stage.clock.advance(100);
  assertEquals(await stopped, "drained");
  assertEquals((await ask(unit, "/a.txt")).code, "APP_DRAINING");
});

Deno.test("A drain waits for files that are being sent, and cuts what is left at its end", async () => {
  await using the = await scene({ "big.bin": new Uint8Array(1_000_000) });
  const start = async () => {
    const site = new StaticSite({ app: appConfig(), version: "1", folder: the.folder() }, {
      clock: the.clock,
      emit: () => {},
    });
    const unit = the.before(site);
    const call = await ask(unit, "/big.bin");
    assert(call.answer instanceof ReadableStream);
    assertEquals(unit.pending, 1);
    return { unit, call, body: call.answer };
  };

  const finished = await start();
  const stopped = finished.unit.stop(1000);
  const bytes = await new Response(finished.body).arrayBuffer();
  assertEquals([bytes.byteLength, await stopped, finished.unit.pending], [1_000_000, "drained", 0]);
  assertEquals([finished.call.finished, the.events], [{ bytes: 1_000_000, end: "done" }, []]);

  const slow = await start();
  const reader = slow.body.getReader();
  await reader.read();
  const cut = slow.unit.stop(1000);
  await the.clock.advance(1000);
  assertEquals(await cut, "drained");
  assertEquals(slow.call.finished?.end, "timed_out");
  assertEquals<unknown>(the.events, [{ event: "app_drained", app: "blog", forcedClosed: 1 }]);
  await reader.read().then(() => assert(false, "The body must not look whole"), () => {});
});

Deno.test("A client that leaves lets go of its file, even if nobody reads the answer", async () => {
  await using the = await scene({ "big.bin": new Uint8Array(1_000_000) });
  const stage = new Stage();
  const unit = the.before(stage.supervisor);
  const call = await ask(unit, "/big.bin");
  call.goAway();
  assertEquals([unit.pending, call.finished], [0, { bytes: 0, end: "client_gone" }]);
});

Deno.test("A static site answers what is missing by its 404.html, and takes nothing but GET and HEAD", async () => {
  await using the = await scene({ "index.html": "page", "404.html": "gone" });
  const events: NanoEvent[] = [];
  const site = new StaticSite({ app: appConfig(), version: "v1", folder: the.folder() }, {
    clock: the.clock,
    emit: (event) => events.push(event),
  });
  const unit = the.before(site);
  await unit.start();
  assertEquals([unit.state, unit.version], ["running", "v1"]);
  assertEquals(events.map(({ event }) => event), ["app_state", "app_ready"]);
  assertEquals((await ask(unit, "/")).status, 200);
  assertEquals((await ask(unit, "/none")).status, 404);
  const post = new class extends PathCall {
    override readonly method = "POST";
  }("/");
  unit.fetch(post);
  assertEquals((await post.settled()).status, 405);
  assertEquals(await unit.stop(), "drained");
  assertEquals((await ask(unit, "/")).code, "APP_DRAINING");

  await using bare = await scene({ "index.html": "page" });
  const plain = new StaticSite({ app: appConfig(), version: "v1", folder: bare.folder() }, {
    clock: bare.clock,
    emit: () => {},
  });
  assertEquals((await ask(bare.before(plain), "/none")).code, "NOT_FOUND");
});
