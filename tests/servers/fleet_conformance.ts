/** What every engine of a fleet has to do: one suite, run on each. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { NanoError } from "../../runtime/errors.ts";
import { ENGINE_TIMES, type EngineTimes } from "../../runtime/fleet/engine_config.ts";
import {
  type FleetHead,
  type FleetJson,
  type FleetRecord,
  type FleetStore,
  MAX_RECORD_BYTES,
  type NewRecord,
  type NodeReport,
} from "../../runtime/fleet/fleet_store.ts";

/** An engine under test. */
export interface EngineBench {
  /** A handle; handles of one space share an engine, which is empty at first. */
  open(space: string): FleetStore;
  /** Lets a moment go by: of the engine's clock, or of the real one. */
  pass(): Promise<void>;
}

/** Long enough that what is checked within them is checked in time on a busy machine. */
export const SHORT_TIMES: EngineTimes = { ...ENGINE_TIMES, leaseMs: 8_000, nodeSeenMs: 8_000, blobGraceMs: 8_000 };

/** Of waiting for what has to come, on a busy machine. */
const PATIENCE_MS = 90_000;

/** Runs all of it, a step a promise. */
export async function conform(t: Deno.TestContext, bench: EngineBench): Promise<void> {
  let spaces = 0;
  for (const [promise, check] of Object.entries(CHECKS)) {
    await t.step(promise, async () => {
      const space = `c${spaces++}`;
      await using a = bench.open(space);
      await using b = bench.open(space);
      await check({ a, b, bench });
    });
  }
}

interface Pair {
  readonly a: FleetStore;
  readonly b: FleetStore;
  readonly bench: EngineBench;
}

const CHECKS: Readonly<Record<string, (pair: Pair) => Promise<void>>> = {
  "An empty engine has no epoch, no records and no nodes": async ({ a }) => {
    assertEquals(await a.head(), { epoch: null, revision: 0 });
    assertEquals(await keysOf(a, 0), []);
    assertEquals(await a.nodes(), []);
  },
  "A fleet is founded once; who asks again for the same is told that it stands": async ({ a, b }) => {
    const won = await Promise.all([a.found("e1"), b.found("e2")]);
    assertEquals(won.filter(Boolean).length, 1);
    const epoch = won[0] ? "e1" : "e2";
    assertEquals((await b.head()).epoch, epoch);
    assertEquals(await a.found(epoch), true);
    assertEquals(await a.found("e3"), false);
    assertEquals((await a.head()).epoch, epoch);
  },
  "Another epoch takes the place of the one that is named only; the head moves, records stay": async ({ a, b }) => {
    const before = await founded(a);
    const written = await written1(a, "app.x", before);
    assertEquals(await b.found("e2", "other"), false);
    assertEquals(await b.found("e2", "e1"), true);
    const head = await a.head();
    assertEquals([head.epoch, head.revision > written.revision], ["e2", true]);
    assertEquals(await keysOf(a, 0), ["app.x"]);
  },
  "Nothing is written before a fleet is founded, nor for another one": async ({ a }) => {
    assertEquals(await a.write(record("app.x"), await a.head()), { outcome: "conflict" });
    const head = await founded(a);
    assertEquals(await a.write(record("app.x"), { ...head, epoch: "e2" }), { outcome: "conflict" });
    assertEquals(await keysOf(a, 0), []);
  },
  "A write moves the head; one that was planned on an older head is a conflict, whatever its key": async ({ a, b }) => {
    const head = await founded(a);
    const next = await written1(a, "app.x", head);
    assertEquals(next.revision > head.revision, true);
    assertEquals(await b.head(), next);
    assertEquals(await b.write(record("app.y"), head), { outcome: "conflict" });
    assertEquals(await b.write(record("app.y"), { ...next, revision: next.revision + 1 }), { outcome: "conflict" });
    assertEquals(await keysOf(b, 0), ["app.x"]);
    assertEquals(await b.head(), next);
  },
  "A write that follows another change of its key than the newest is a conflict, tombstones too": async ({ a, b }) => {
    const first = await written1(a, "app.x", await founded(a));
    const other = await written1(a, "app.y", first);
    for (const ofKey of [0, other.revision]) {
      assertEquals(await b.write(record("app.x"), { ...other, ofKey }), { outcome: "conflict" });
    }
    assertEquals(await b.write(record("app.z"), { ...other, ofKey: first.revision }), { outcome: "conflict" });
    assertEquals(await b.head(), other);
    const gone = await b.write(record("app.x", null), { ...other, ofKey: first.revision });
    assertEquals(gone.outcome, "written");
    const head = await b.head();
    assertEquals((await a.write(record("app.x"), { ...head, ofKey: first.revision })).outcome, "conflict");
    assertEquals((await a.write(record("app.x"), { ...head, ofKey: head.revision })).outcome, "written");
    assertEquals((await a.write(record("app.z"), { ...await a.head(), ofKey: 0 })).outcome, "written");
  },
  "since() tells the newest of each key in order, tombstones too, from any revision on": async ({ a, b }) => {
    let head = await founded(a);
    const ids: [key: string, value: FleetJson][] = [["app.x", 1], ["app.y", 1], ["app.x", 2], ["app.y", null]];
    const revisions: number[] = [];
    for (const [key, value] of ids) {
      head = await written1(a, key, head, value);
      revisions.push(head.revision);
    }
    const all = await Array.fromAsync(b.since(0));
    assertEquals(all.map(({ key, value, revision }) => [key, value, revision]), [
      ["app.x", 2, revisions[2]!],
      ["app.y", null, revisions[3]!],
    ]);
    assertEquals(await keysOf(b, revisions[2]!), ["app.y"]);
    assertEquals(await keysOf(b, revisions[3]!), []);
  },
  "Hundreds of records come whole and in order": async ({ a, b }) => {
    let head = await founded(a);
    for (let n = 0; n < 300; n++) head = await written1(n % 2 ? a : b, `app.a${n}`, head, { n });
    const all = await Array.fromAsync(b.since(0));
    assertEquals(all.map(({ value }) => value), Array.from({ length: 300 }, (_, n) => ({ n })));
    assertEquals((await keysOf(a, all[9]!.revision)).length, 290);
  },
  "A record comes back as it was written, under any key": async ({ a, b }) => {
    let head = await founded(a);
    const value = { text: "ä\u0000\ud83d\ude80'\"", list: [1, -1.5, true, null, []], nested: { a: { b: "" } } };
    const keys = ["app.a", "app.a.b", "app.A", "cron.*/5 * * * *.>", "app.ä=e4", "app..x", "a".repeat(200)];
    const wanted: FleetRecord[] = [];
    for (const [n, key] of keys.entries()) {
      const one: NewRecord = { key, id: `id ${n}`, format: n, value };
      const outcome = await a.write(one, head);
      if (outcome.outcome !== "written") throw new Error("conflict");
      head = { ...head, revision: outcome.revision };
      wanted.push({ ...one, revision: outcome.revision });
    }
    assertEquals(await Array.fromAsync(b.since(0)), wanted);
  },
  "A record that is too long is refused, and one of the longest is kept": async ({ a, b }) => {
    const head = await founded(a);
    const frame = JSON.stringify(record("app.x", "")).length;
    const longest = "x".repeat(MAX_RECORD_BYTES - frame);
    await refused("USAGE", () => a.write(record("app.x", `${longest}x`), head));
    await refused("USAGE", () => a.write(record("a".repeat(201), 1), head));
    await written1(a, "app.x", head, longest);
    assertEquals((await Array.fromAsync(b.since(0)))[0]?.value, longest);
  },
  "Of twenty writes on one head exactly one is stored": async ({ a, b }) => {
    const head = await founded(a);
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, (_, n) => (n % 2 ? a : b).write(record(`app.a${n % 3}`, n), head)),
    );
    assertEquals(outcomes.filter(({ outcome }) => outcome === "written").length, 1);
    assertEquals((await keysOf(a, 0)).length, 1);
  },
  "No update is lost when two count in one record": async ({ a, b }) => {
    await founded(a);
    async function count(store: FleetStore): Promise<void> {
      for (let n = 0; n < 10;) {
        const head = await store.head();
        const [held] = await Array.fromAsync(store.since(0));
        // What was written between the two looks was not planned on.
        if (held && held.revision > head.revision) continue;
        const outcome = await store.write(record("app.n", Number(held?.value ?? 0) + 1), head);
        if (outcome.outcome === "written") n++;
      }
    }
    await Promise.all([count(a), count(b)]);
    assertEquals((await Array.fromAsync(a.since(0))).map(({ value }) => value), [20]);
  },
  "A change is hinted at to others, until they listen no more": async ({ a, b, bench }) => {
    let head = await founded(a);
    await b.head();
    let hints = 0;
    const listening = b.onChange(() => void hints++);
    await until(bench, async () => {
      head = await written1(a, "app.x", head);
      return hints > 0;
    });
    listening[Symbol.dispose]();
    const before = hints;
    let others = 0;
    using _other = b.onChange(() => void others++);
    await until(bench, async () => {
      head = await written1(a, "app.x", head);
      return others > 0;
    });
    assertEquals(hints, before);
  },
  "Archives of any length come back whole, also when two keep the same": async ({ a, b }) => {
    for (const length of [0, 1, 262_144, 262_145, 3_000_001]) {
      const bytes = randomBytes(length);
      const digest = await sha256(bytes);
      assertEquals(await b.getBlob(digest), null);
      await Promise.all([a.putBlob(digest, streamOf(bytes)), b.putBlob(digest, streamOf(bytes))]);
      await a.putBlob(digest, streamOf(bytes));
      assertEquals(await bytesOf(b, digest), digest);
    }
  },
  "An archive whose bytes are others is refused, and not kept": async ({ a }) => {
    const digest = await sha256(randomBytes(10));
    await refused("USAGE", () => a.putBlob(digest, streamOf(randomBytes(300_000))));
    assertEquals(await a.getBlob(digest), null);
    const right = randomBytes(300_000);
    await a.putBlob(await sha256(right), streamOf(right));
    assertEquals(await bytesOf(a, await sha256(right)), await sha256(right));
  },
  "An archive that breaks off is not kept, and can be kept later": async ({ a, b }) => {
    const bytes = randomBytes(600_000);
    const digest = await sha256(bytes);
    const broken = new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(bytes.subarray(0, 400_000));
      },
      pull(controller) {
        controller.error(new Error("The upload broke off"));
      },
    });
    await assertRejects(() => a.putBlob(digest, broken), Error, "broke off");
    assertEquals(await b.getBlob(digest), null);
    await b.putBlob(digest, streamOf(bytes));
    assertEquals(await bytesOf(a, digest), digest);
  },
  "A lease is one holder's, who renews it and gives it back": async ({ a, b }) => {
    assertEquals(await a.lease("roll", "a"), true);
    assertEquals(await b.lease("roll", "b"), false);
    assertEquals(await b.lease("sweep", "b"), true);
    assertEquals(await a.lease("roll", "a"), true);
    await b.release("roll", "b");
    assertEquals(await b.lease("roll", "b"), false);
    await a.release("roll", "a");
    assertEquals(await b.lease("roll", "b"), true);
    assertEquals(await a.lease("roll", "a"), false);
    // By another handle, as after a crash of the link.
    assertEquals(await a.lease("roll", "b"), true);
  },
  "Of twenty that ask at once exactly one has the lease, and one the claim": async ({ a, b }) => {
    for (const kind of ["lease", "claim"] as const) {
      const had = await Promise.all(
        Array.from({ length: 20 }, (_, n) => (n % 2 ? a : b)[kind]("cron.blog.*/5 * * * *.17", `n${n}`)),
      );
      assertEquals(had.filter(Boolean).length, 1, kind);
    }
  },
  "A claim is its first holder's for good, who may ask again": async ({ a, b }) => {
    assertEquals(await a.claim("cron.x.1", "a"), true);
    assertEquals(await b.claim("cron.x.1", "b"), false);
    assertEquals(await b.claim("cron.x.1", "a"), true);
    assertEquals(await b.claim("cron.x.2", "b"), true);
  },
  "Nodes are seen by name with the last that they have said": async ({ a, b }) => {
    await b.announce(report("n2", 1));
    await a.announce(report("n 1.ä", 1));
    await a.announce(report("n 1.ä", 2));
    const nodes = await b.nodes();
    assertEquals(nodes.map(({ heardAt: _heardAt, ...said }) => said), [report("n 1.ä", 2), report("n2", 1)]);
    // By the engine's clock: the last one was heard last.
    const [last, first] = nodes.map(({ heardAt }) => heardAt);
    assert(first! <= last! && last! > 1_600_000_000_000, JSON.stringify({ first, last }));
    // They do not move the head.
    assertEquals((await a.head()).revision, 0);
  },
  "What nobody renews or names ends in its time: leases, nodes and archives, but no claim": async ({ a, b, bench }) => {
    const [old, kept] = [randomBytes(300_000), randomBytes(300_000)];
    const [oldDigest, keptDigest] = [await sha256(old), await sha256(kept)];
    const keep = new Set([keptDigest]);
    await a.putBlob(oldDigest, streamOf(old));
    await a.putBlob(keptDigest, streamOf(kept));
    assertEquals(await a.removeBlobs(new Set()), 0);
    assertEquals(await a.claim("turn", "a"), true);
    assertEquals(await a.lease("sweep", "a"), true);
    await a.announce(report("n1", 1));
    await until(bench, () => b.lease("sweep", "b"));
    await until(bench, async () => (await b.nodes()).length === 0);
    await until(bench, async () => await b.removeBlobs(keep) === 1);
    assertEquals(await b.getBlob(oldDigest), null);
    assertEquals(await bytesOf(b, keptDigest), keptDigest);
    assertEquals(await b.removeBlobs(keep), 0);
    assertEquals(await b.claim("turn", "b"), false);
    await b.putBlob(oldDigest, streamOf(old));
    assertEquals(await bytesOf(a, oldDigest), oldDigest);
    // Who keeps it again needs it again.
    await b.putBlob(keptDigest, streamOf(kept));
    assertEquals(await b.removeBlobs(new Set()), 0);
  },
  "A store that is closed says that it cannot be asked": async ({ a }) => {
    await a.head();
    await a[Symbol.asyncDispose]();
    await refused("FLEET_UNAVAILABLE", () => a.head());
    await refused("FLEET_UNAVAILABLE", () => a.lease("x", "a"));
    await refused("FLEET_UNAVAILABLE", () => Array.fromAsync(a.since(0)));
  },
};

function record(key: string, value: FleetJson = 1): NewRecord {
  return { key, id: "i", format: 1, value };
}

async function founded(store: FleetStore): Promise<FleetHead> {
  assertEquals(await store.found("e1"), true);
  return await store.head();
}

/** Writes one that has to be stored. */
async function written1(store: FleetStore, key: string, head: FleetHead, value: FleetJson = 1): Promise<FleetHead> {
  const outcome = await store.write(record(key, value), head);
  if (outcome.outcome !== "written") throw new Error(`"${key}" was a conflict`);
  return { ...head, revision: outcome.revision };
}

async function keysOf(store: FleetStore, revision: number): Promise<string[]> {
  return (await Array.fromAsync(store.since(revision))).map(({ key }) => key);
}

async function until(bench: EngineBench, isSo: () => Promise<boolean>): Promise<void> {
  const late = performance.now() + PATIENCE_MS;
  while (!await isSo()) {
    if (performance.now() > late) throw new Error(`It is not so within ${PATIENCE_MS} ms`);
    await bench.pass();
  }
}

async function refused(code: string, run: () => Promise<unknown>): Promise<void> {
  assertEquals((await assertRejects(run, NanoError)).code, code);
}

function randomBytes(length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at += 65_536) crypto.getRandomValues(bytes.subarray(at, at + 65_536));
  return bytes;
}

/** In pieces of odd lengths, as uploads come. */
function streamOf(bytes: Uint8Array): ReadableStream<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += 99_991) pieces.push(bytes.slice(at, at + 99_991));
  return ReadableStream.from(pieces);
}

async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
}

/** The digest of what is kept. */
async function bytesOf(store: FleetStore, digest: string): Promise<string> {
  const stream = await store.getBlob(digest);
  if (!stream) throw new Error("It is not there");
  return await sha256(new Uint8Array(await new Response(stream).arrayBuffer()));
}

function report(name: string, revision: number): NodeReport {
  return {
    name,
    revision,
    address: null,
    version: "0.0.0",
    role: "full",
    startedAt: 1,
    state: "following",
    epoch: "e1",
    appsUp: 3,
    failed: [{ app: "blog", revision: 1, error: "It does not start" }],
    configFingerprint: null,
    memoryBytes: 1,
  };
}
