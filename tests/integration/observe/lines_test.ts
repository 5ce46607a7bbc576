/** What a real app's lines are to who watches: kinds, levels, and places in the app's own TypeScript. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { loadConfig, type LogFilter, type LogLine, Nano } from "../../../runtime/mod.ts";
import { TempProject } from "../../support/temp_project.ts";

// The isolates' threads outlive a test's end by a moment, and Deno counts them as resources.
const WHOLE_SYSTEM = { sanitizeResources: false, sanitizeOps: false };
const DEADLINE_MS = 120_000;

const APP = `interface Only { readonly types: true }
type Gone = Only;

function boom(what: string): never {
  throw new TypeError(what as unknown as string);
}
export default {
  fetch(request: Request, _env: unknown, ctx: { waitUntil(work: Promise<unknown>): void }) {
    const value: Gone | undefined = undefined;
    switch (new URL(request.url).pathname) {
      case "/throw":
        return boom("thrown");
      case "/timer":
        setTimeout(() => boom("in a timer"));
        break;
      case "/wait":
        ctx.waitUntil(Promise.resolve().then(() => boom("in waitUntil")));
        break;
      case "/reject":
        Promise.reject(new RangeError("nobody awaits"));
        break;
      case "/stream":
        return new Response(new ReadableStream({ pull: () => boom("in a stream") }));
      default:
        console.log("console line", value);
        console.error("console error");
    }
    return new Response("ok");
  },
};
`;

const FILTER: LogFilter = { app: "app", level: null, text: null, status: null, method: null, kinds: null, sample: 1 };

Deno.test({
  name:
    "Nano.observations tells console lines, exceptions with mapped stacks, the life of an app and its requests apart",
  ...WHOLE_SYSTEM,
  async fn() {
    await using project = await TempProject.create({ app: { files: APP } }, { default_app: "app", admin: false });
    await using nano = await Nano.start(await loadConfig(project.configFile), { write: () => {} });
    const { observations } = nano;
    const lines: LogLine[] = [];
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(), DEADLINE_MS);
    // It ends with NANO, and tells all until then.
    const followed = observations.followLines(FILTER, late.signal);
    const seen = (async () => {
      for await (const batch of followed) lines.push(...batch.lines);
    })();
    for (const path of ["/", "/throw", "/timer", "/wait", "/reject"]) {
      await (await fetch(new URL(path, nano.url))).body?.cancel();
    }
    await fetch(new URL("/stream", nano.url)).then((response) => response.text()).catch(() => {});
    await nano.drain();
    await seen;
    clearTimeout(timer);
    assert(!late.signal.aborted, `The tail did not end: ${JSON.stringify(lines)}`);

    const of = (kind: LogLine["kind"]) => lines.filter((line) => line.kind === kind);
    assertEquals(of("console").map(({ level, text }) => [level, text]), [
      ["info", "console line undefined"],
      ["error", "console error"],
    ]);
    const exceptions = of("exception");
    const exception = (part: string) => {
      const found = exceptions.filter(({ text }) => text.includes(part));
      assertEquals(found.length, 1, `${part}: ${JSON.stringify(lines)}`);
      return found[0]!.text;
    };
    assert(exceptions.every(({ level }) => level === "error"));
    assertMatch(exception("thrown"), /^TypeError: thrown\n +at boom \(app:\/\/\/index\.ts:5:9\)\n.*index\.ts:12:/);
    assertMatch(exception("in a timer"), /^Uncaught.*\n +at boom \(app:\/\/\/index\.ts:5:9\)\n.*index\.ts:14:/);
    assertMatch(exception("in waitUntil"), /^Uncaught.*\n +at boom \(app:\/\/\/index\.ts:5:9\)\n.*index\.ts:17:/);
    assertMatch(exception("nobody awaits"), /^Uncaught.*RangeError.*\n +at .*app:\/\/\/index\.ts:20:/);
    exception("in a stream");
    assertEquals(exceptions.length, 5, JSON.stringify(exceptions));
    assert(!lines.some(({ text }) => text.includes(project.dir)), "a path of the host");
    const requests = of("request");
    assertEquals(requests.length, 6, JSON.stringify(requests));
    assertMatch(requests[0]!.text, /^GET \/ 200 \d+\.\d ms$/);
    const thrown = requests.find(({ request }) => request?.path === "/throw")!;
    assertEquals([thrown.level, thrown.request!.status, thrown.request!.code], ["error", 500, "APP_EXCEPTION"]);
    const life = of("life").map(({ text }) => text);
    assertMatch(life[0]!, /^Draining, /);
    assertEquals(life.at(-1), "Drained");
    const kept = observations.recentLines(FILTER, 100);
    assertMatch(kept.map(({ text }) => text).join("\n"), /^Starting\nReady after \d+ ms, version \w+\n/);
    const told = lines.filter(({ kind }) => kind !== "request");
    assertEquals(kept.slice(-told.length), told);
    assertEquals(observations.requestsByStatus("app").get(500), 1);
    assertEquals(observations.requestSummary("app").requests, 6);
  },
});
