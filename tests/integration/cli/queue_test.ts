/** `nano queue` and the admin API's queues against a real NANO. */
import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { MemoryIo, type MemoryWorld, type Ran, run } from "../../unit/admin/cli/memory_io.ts";
import { AdminScene, TOKEN } from "../admin/admin_scene.ts";
import { until } from "../life/until.ts";

/** Notes what it gets, and fails while the key `fails` says so. */
const APP = `export default {
  async fetch(request, env) {
    const { pathname } = new URL(request.url);
    if (pathname === "/fail") await env.LOG.put("fails", "yes");
    if (pathname === "/heal") await env.LOG.delete("fails");
    if (pathname === "/v8") await env.RAW.send(new Map([[1, 2]]), { contentType: "v8" });
    const { keys } = await env.LOG.list({ prefix: "got:" });
    return Response.json(await Promise.all(keys.map(async ({ name }) => JSON.parse(await env.LOG.get(name)))));
  },
  async queue(batch, env) {
    if (await env.LOG.get("fails") !== null) throw new Error("not now");
    for (const { id, body, attempts } of batch.messages) {
      const shown = body instanceof Uint8Array ? [...body] : body;
      await env.LOG.put("got:" + Date.now() + id, JSON.stringify({ id, body: shown, attempts }));
    }
  },
};`;

const APPS = {
  shop: {
    files: APP,
    config: {
      bindings: { LOG: { kv: "log" }, JOBS: { queue: "jobs" }, RAW: { queue: "raw" } },
      queues: { consumers: [{ queue: "jobs", max_batch_timeout: 0, max_retries: 0, dead_letter_queue: "dead" }] },
      storage_mb: 1,
    },
  },
  small: { files: APP, config: { bindings: { JOBS: { queue: "jobs" } }, storage_mb: 1 } },
};

interface Got {
  readonly id: string;
  readonly body: unknown;
  readonly attempts: number;
}

function done({ code, out, err }: Ran): string {
  assertEquals([code, err], [0, ""]);
  return out;
}

Deno.test("nano queue lists, shows, sends, peeks, purges, and puts dead letters back", async (t) => {
  await using scene = await AdminScene.create(APPS);
  const within = async (world: MemoryWorld, ...args: string[]) => {
    const io = new MemoryIo(scene.project.dir, { NANO_ADMIN_TOKEN: TOKEN }, world);
    return { ...await run(["queue", ...args, "--url", scene.adminUrl], io), io };
  };
  const queue = (...args: string[]) => within({}, ...args);
  const json = async (...args: string[]) => JSON.parse(done(await queue(...args, "--json")));
  const asked = async (path: string): Promise<Got[]> => await (await scene.nano.fetch("shop", path)).json();
  const got = (count: number) =>
    until(async () => {
      const all = await asked("/");
      return all.length === count && all;
    }, `${count} messages for the app`);
  const waiting = (name: string, count: number) =>
    until(async () => (await json("info", name)).messages === count, `${count} messages in ${name}`);

  await t.step("queues are there before anything is kept in them, and looking makes no file", async () => {
    const { queues } = (await scene.ask("GET", "/admin/queues")).json;
    // The consumer has looked into its own.
    const facts = queues.map(({ stored_bytes: _, ...one }: { stored_bytes: number }) => one);
    const empty = { messages: 0, bytes: 0, max_bytes: 1024 ** 2, delayed: 0, leased: 0, oldest: null };
    const nobody = { producers: [], consumer: null, dead_letter_queue: null, dead_letters_of: [] };
    assertEquals(facts, [
      { name: "dead", ...nobody, dead_letters_of: ["jobs"], ...empty },
      {
        name: "jobs",
        producers: [{ app: "shop", binding: "JOBS" }, { app: "small", binding: "JOBS" }],
        consumer: "shop",
        dead_letter_queue: "dead",
        dead_letters_of: [],
        ...empty,
      },
      { name: "raw", ...nobody, producers: [{ app: "shop", binding: "RAW" }], ...empty },
    ]);
    assertEquals(await json("peek", "raw"), []);
    assertEquals(await json("retry", "raw", "--all"), {
      done: 0,
      left: { missing: 0, no_dead_letter: 0, leased: 0, in_origin: 0 },
    });
    assertEquals(await json("purge", "raw", "--yes"), { queue: "raw", messages: 0 });
    for (const name of ["raw", "dead"]) {
      const path = `${scene.project.dir}/.nano/data/queues/${name}.db`;
      await assertRejects(() => Deno.stat(path), Deno.errors.NotFound);
    }
  });

  await t.step("what people send the consumer gets, in each type", async () => {
    assertEquals(done(await queue("send", "jobs", "--body", '{ "id": 7 }')), 'Sent a message to queue "jobs"');
    assertEquals((await got(1)).map(({ body, attempts }) => [body, attempts]), [[{ id: 7 }, 1]]);
    const stdin = new Uint8Array([0, 255, 10]);
    done(await within({ stdin }, "send", "jobs", "--type", "bytes"));
    assertEquals((await got(2)).at(-1)!.body, [0, 255, 10]);
    await Deno.writeTextFile(`${scene.project.dir}/note.txt`, "ü {");
    done(await queue("send", "jobs", "--type", "text", "--file", "note.txt"));
    assertEquals((await got(3)).at(-1)!.body, "ü {");
  });

  await t.step("what waits is shown safely, by its type, and cut", async () => {
    done(await queue("send", "raw", "--type", "text", "--body", "a\x1b[2Jb", "--delay", "3600"));
    done(await queue("send", "raw", "--body", '{ "n": 1 }'));
    await Deno.writeTextFile(`${scene.project.dir}/long.txt`, "ü".repeat(2000));
    done(await queue("send", "raw", "--type", "text", "--file", "long.txt"));
    done(await within({ stdin: new Uint8Array([0, 255]) }, "send", "raw", "--type", "bytes"));
    await asked("/v8");
    const shown = done(await queue("peek", "raw")).split("\n");
    assertEquals(shown.length, 6);
    assertMatch(shown[0]!, /^ID +SENT +FAILURES +FROM +TYPE +SIZE +BODY$/);
    assertMatch(shown[1]!, /^[0-9a-f]{32} +2.* +0 +- +text +6 B +a\\x1b\[2Jb$/);
    assertMatch(shown[2]!, /json +7 B +\{"n":1\}$/);
    assertMatch(shown[3]!, /text +3\.9 KiB +ü{512}…$/);
    assertMatch(shown[4]!, /bytes +2 B +base64:AP8=$/);
    assertMatch(shown[5]!, /v8 +[\d]+ B +base64:\S+$/);
    const all = await json("peek", "raw", "--bytes", "3");
    assertEquals(all.map(({ body, base64, cut }: Record<string, unknown>) => [body, base64, cut]).slice(0, 4), [
      ["a\x1b[", false, true],
      ['{"n', false, true],
      ["ü", false, true],
      ["AP8=", true, false],
    ]);
    const some = await queue("peek", "raw", "--limit", "2");
    assertEquals([some.code, some.out.split("\n").length], [0, 3]);
    assertMatch(some.err, /There are more than these 2/);
    const first = (await scene.ask("GET", "/admin/queues/raw/messages?limit=4")).json;
    const next = (await scene.ask("GET", `/admin/queues/raw/messages?limit=4&cursor=${first.cursor}`)).json;
    assertEquals([first.messages.length, next.messages.length, next.cursor], [4, 1, null]);
    const info = done(await queue("info", "raw"));
    assertMatch(info, /^Messages: +5 \(\d.* KiB\), 1 delayed, 0 leased$/m);
    assertMatch(info, /^Producers: +shop \(RAW\)$/m);
    assertMatch(done(await queue("info", "jobs")), /^Dead letters go to: +dead$/m);
  });

  await t.step(
    "dead letters go back, some by their ids and then all, and are delivered as what they were",
    async () => {
      await asked("/fail");
      for (const n of [1, 2, 3]) done(await queue("send", "jobs", "--body", String(n)));
      await waiting("dead", 3);
      assertMatch(
        done(await queue("list")),
        /^QUEUE +MESSAGES .*\ndead +3 +0 +0 +3 B +1 MiB +2.* +- +-\njobs +0 .* shop +shop \(JOBS\), small \(JOBS\)\nraw/,
      );
      const letters = await json("peek", "dead") as { id: string; body: string; origin: string }[];
      assertEquals(letters.map(({ body, origin }) => [body, origin]).sort(), [["1", "jobs"], ["2", "jobs"], [
        "3",
        "jobs",
      ]]);
      const one = letters.find(({ body }) => body === "2")!;
      await asked("/heal");
      const some = await queue("retry", "dead", one.id, "none");
      assertEquals([some.code, some.out, some.err], [
        1,
        'Put 1 message of queue "dead" back where it came from',
        "nano: 1 message not there",
      ]);
      assertEquals((await got(4)).at(-1), { id: one.id, body: 2, attempts: 1 });
      assertEquals(
        done(await queue("retry", "dead", "--all")),
        'Put 2 messages of queue "dead" back where they came from',
      );
      assertEquals((await got(6)).slice(4).map(({ body }) => body).sort(), [1, 3]);
      assertEquals((await json("info", "dead")).messages, 0);
      const sent = await json("info", "raw");
      const left = await queue("retry", "raw", "--all");
      assertEquals([left.code, left.err], [1, "nano: 5 messages left: no dead letters"]);
      assertEquals((await json("info", "raw")).messages, sent.messages);
    },
  );

  await t.step("a queue is purged when somebody means it", async () => {
    const no = await within({ answers: ["n"] }, "purge", "raw");
    assertEquals([no.code, no.io.asked], [1, ['Delete all messages of queue "raw" (5 now)? [y/N]']]);
    assertEquals((await json("info", "raw")).messages, 5);
    assertEquals(done(await within({ answers: ["y"] }, "purge", "raw")), 'Deleted 5 messages of queue "raw"');
    assertEquals((await json("info", "raw")).messages, 0);
  });

  await t.step("what is wrong is told, and changes nothing", async () => {
    const long = "x".repeat(128_001);
    await Deno.writeTextFile(`${scene.project.dir}/long.txt`, long);
    const cases: [string[], number, RegExp][] = [
      [["info", "none"], 1, /no app names it, and nothing is kept in it \(NOT_FOUND\)/],
      [["peek", "../kv/log"], 1, /\(NOT_FOUND\)/],
      [["send", "none", "--body", "1"], 1, /\(NOT_FOUND\)/],
      [["send", "raw", "--body", "{"], 2, /The body is no JSON/],
      [["send", "raw", "--body", "1", "--file", "x"], 2, /--body and --file exclude each other/],
      [["send", "raw", "--body", "1", "--type", "v8"], 2, /needs json, text or bytes, not "v8"/],
      [["send", "raw", "--body", "1", "--delay", "86401"], 2, /message delay 86401 is invalid/],
      [["send", "raw", "--type", "text", "--file", "long.txt"], 1, /exceeds limit of 128000 \(BODY_TOO_LARGE\)/],
      [["purge", "raw"], 2, /Cannot ask whether to purge queue "raw": give --yes/],
      [["purge", "none", "--force"], 1, /\(NOT_FOUND\)/],
      [["retry", "dead"], 2, /Which dead letters\? Give their IDs, or --all/],
      [["retry", "dead", "x", "--all"], 2, /IDs and --all exclude each other/],
      [["retry", "none", "--all"], 1, /\(NOT_FOUND\)/],
    ];
    for (const [args, code, message] of cases) {
      const ran = await queue(...args);
      assertEquals([ran.code, ran.out], [code, ""], `${args.slice(0, 4).join(" ")}: ${ran.err}`);
      assertMatch(ran.err, message);
    }
    const ids = Array.from({ length: 1001 }, () => "x");
    const path = "/admin/queues/dead/retry";
    assertEquals(await scene.refusal("POST", path, { json: { ids } }), [400, "USAGE"]);
    assertEquals(await scene.refusal("POST", path, { json: { all: false } }), [400, "USAGE"]);
    assertEquals(await scene.refusal("POST", path, { json: {} }), [400, "USAGE"]);
    const messages = "/admin/queues/raw/messages";
    assertEquals(await scene.refusal("POST", messages, { json: {} }), [400, "USAGE"]);
    assertEquals(await scene.refusal("POST", messages, { json: { body: "?", content_type: "bytes" } }), [400, "USAGE"]);
    assertEquals(await scene.refusal("GET", `${messages}?limit=101`), [400, "USAGE"]);
    assertEquals((await json("info", "raw")).messages, 0);
  });

  await t.step("a full queue takes neither messages nor dead letters, which stay", async () => {
    await asked("/fail");
    await Deno.writeTextFile(`${scene.project.dir}/big.txt`, "x".repeat(100_000));
    done(await queue("send", "jobs", "--type", "text", "--file", "big.txt"));
    await waiting("dead", 1);
    const later = ["send", "jobs", "--type", "text", "--file", "big.txt", "--delay", "3600"];
    for (let n = 0; n < 9; n++) done(await queue(...later));
    const full = await until(async () => {
      const ran = await queue(...later);
      return ran.code !== 0 && ran;
    }, "a full queue");
    assertMatch(full.err, /more than storage_mb allows, 1 MiB.*\(CONFLICT\)/);
    const refused = await queue("retry", "dead", "--all");
    assertEquals([refused.code, refused.out], [1, ""]);
    assertMatch(refused.err, /queue "dead" \(0 were put back\): .*more than storage_mb allows, 1 MiB.*\(CONFLICT\)/);
    assertEquals((await json("info", "dead")).messages, 1);
    done(await queue("purge", "jobs", "--yes"));
    await asked("/heal");
    done(await queue("retry", "dead", "--all"));
    assertEquals((await got(7)).at(-1)!.body, "x".repeat(100_000));
  });

  await t.step("every change stands in the history, also those that were refused", async () => {
    const { entries } = (await scene.ask("GET", "/admin/history?limit=100")).json;
    const details = entries.filter(({ action }: { action: string }) => action.startsWith("queue."))
      .map(({ action, detail, error }: Record<string, string>) => `${action} ${detail}${error === null ? "" : " !"}`);
    for (
      const wanted of [
        'queue.send Sent 8 bytes to queue "jobs"',
        'queue.purge Purged queue "raw": 5 messages',
        'queue.retry Put 1 dead letter (1 left) of queue "dead" back into the queues they came from',
        'queue.retry Put 2 dead letters of queue "dead" back into the queues they came from',
        'queue.send Cannot send to queue "raw" !',
        'queue.retry Cannot retry dead letters of queue "dead" !',
      ]
    ) assertEquals(details.includes(wanted), true, `${wanted}\n${details.join("\n")}`);
  });
});
