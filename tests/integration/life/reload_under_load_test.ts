/** Reloads under load: no request fails, none gets half an answer or an old version. */
import { assertEquals } from "@std/assert";
import { NanoProcess } from "../../support/nano_process.ts";
import { repeats } from "../../support/repeats.ts";
import { RESERVE, type TempApp, TempProject } from "../../support/temp_project.ts";
import { ADMIN, adminReload } from "./admin_client.ts";
import { OWN_THREADS, workerThreads } from "./host_threads.ts";
import { assertNothingLost, steadyLoad } from "./steady_load.ts";
import { pause, until } from "./until.ts";

/** The figure of the docs is of two hundred. */
const RELOADS = repeats(40, 200);
const FILLING = "x".repeat(20_000);

/** An app whose answer says its version at both ends, every other one streamed. */
function codeOf(version: number): string {
  return `const filling = "x".repeat(${FILLING.length});
let count = 0;
function stream(text: string) {
  const encoder = new TextEncoder();
  let at = 0;
  return new ReadableStream({
    async pull(controller) {
      if (at >= text.length) return controller.close();
      await new Promise((resolve) => setTimeout(resolve, 2));
      controller.enqueue(encoder.encode(text.slice(at, at += 5000)));
    },
  });
}
export default {
  fetch() {
    const text = \`${version}:\${filling}:${version}\`;
    return new Response(count++ % 2 === 0 ? text : stream(text));
  },
};
`;
}

/**
 * A fresh isolate boots for some 600 ms, most of them waiting; sixteen apps have four isolates in reserve, so that the
 * reloads do not wait one after the other.
 */
function idleApps(): Record<string, TempApp> {
  return Object.fromEntries(Array.from({ length: 14 }, (_, index) => [`idle-${index}`, { fixture: "announce" }]));
}

/** What is known of a host that does not answer any more. */
async function lastWords(nano: NanoProcess): Promise<string> {
  const end = await Promise.race([nano.status(), pause(2000)]);
  const log = nano.events.filter(({ event }) => event !== "request").slice(-8);
  return [`the host ${end === undefined ? "runs" : `ended: ${JSON.stringify(end)}`}`, nano.stderr, ...nano.strayLines]
    .concat(log.map((record) => JSON.stringify(record))).join("\n");
}

Deno.test(`${RELOADS} reloads under load fail no request, and an unchanged neighbour keeps its isolate`, async () => {
  await using project = await TempProject.create(
    { changing: { files: codeOf(0) }, steady: { fixture: "announce" }, ...idleApps() },
    { admin: ADMIN, ...RESERVE },
  );
  // Each reload is asked for: watching would fold several edits into one.
  await using nano = await NanoProcess.start(project.configFile, { args: ["--no-watch"] });
  const { id: idAtStart } = await (await nano.fetch("steady")).json();
  let written = 0;
  let inForce = 0;

  /** Versions in force when each request was sent: an answer may not be older. */
  const oldest = new Map<Response, number>();
  await using changing = steadyLoad(
    {
      url: nano.url,
      fetch: async (host: string, path?: string, init?: RequestInit) => {
        const atSend = inForce;
        const response = await nano.fetch(host, path, init);
        oldest.set(response, atSend);
        return response;
      },
    },
    ["changing"],
    {
      concurrency: 6,
      everyMs: 3,
      check: (body, _host, response) => {
        const version = Number(body.split(":")[0]);
        if (body !== `${version}:${FILLING}:${version}`) throw new Error(`${body.length} chars are no whole answer`);
        const atLeast = oldest.get(response)!;
        oldest.delete(response);
        if (version < atLeast || version > written) throw new Error(`version ${version}, but ${atLeast} was in force`);
      },
    },
  );
  await using steady = steadyLoad(nano, ["steady"], {
    concurrency: 2,
    everyMs: 3,
    check: (body) => {
      const { id } = JSON.parse(body);
      if (id !== idAtStart) throw new Error("the unchanged app lost its isolate");
    },
  });

  const start = performance.now();
  while (inForce < RELOADS) {
    written++;
    await project.writeFile("changing", "index.ts", codeOf(written));
    const { status, body } = await adminReload(nano).catch(async (error) => {
      throw new Error(`Reload ${written} failed; ${await lastWords(nano)}`, { cause: error });
    });
    const { added, removed, changed, unchanged } = body as Record<string, unknown[]>;
    assertEquals(
      [status, added, removed, changed, unchanged?.length],
      [200, [], [], ["changing"], 15],
      `reload ${written}`,
    );
    inForce = written;
  }
  const seconds = (performance.now() - start) / 1000;
  const changed = await assertNothingLost(changing, RELOADS);
  const kept = await assertNothingLost(steady, RELOADS);
  console.log(
    `${RELOADS} reloads in ${seconds.toFixed(1)} s; ${changed.total} requests to the changing app (slowest ` +
      `${changed.slowestMs.toFixed(0)} ms), ${kept.total} to its neighbour (slowest ${
        kept.slowestMs.toFixed(0)
      } ms), ` +
      `none failed`,
  );
  // Sixteen apps, four isolates in reserve.
  await until(() => workerThreads(nano.pid).size <= OWN_THREADS + 20, "the threads of the old isolates are gone");
});
