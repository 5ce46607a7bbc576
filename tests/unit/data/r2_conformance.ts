/** What every engine of R2 buckets does, whoever keeps them; each engine runs all of it. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { createHash } from "node:crypto";
import type { R2Range } from "../../../runtime/data/r2_condition.ts";
import type { ListedPage, R2ListOptions } from "../../../runtime/data/r2_listing.ts";
import type { PutOptions, R2Body, R2Found, R2Store } from "../../../runtime/data/r2_store.ts";
import type { R2Entry } from "../../../runtime/protocol/r2_entry.ts";
import { BindingError } from "../../../runtime/protocol/binding_call.ts";

const MIB = 1024 * 1024;
/** R2's least of a part that is not the last. */
const PART = 5 * MIB;
const METADATA = { http: "{}", custom: "{}", storageClass: "Standard" };
const NEVER = new AbortController().signal;

/** Where buckets are opened. */
export interface R2Bench {
  /** A handle on a bucket that is empty at first; handles of one name share it. */
  open(name: string): R2Store;
  /** Whether what was removed may take room all the same, by a known fault of a server that tests alone use. */
  readonly isUntidy?: boolean;
}

/** Runs all of it, a step a promise. */
export async function r2Conformance(t: Deno.TestContext, bench: R2Bench): Promise<void> {
  let next = 0;
  for (const [promise, check] of Object.entries({ ...CHECKS, ...UPLOAD_CHECKS })) {
    await t.step(promise, async () => {
      const name = `c${next++}`;
      await check(bench.open(name), bench.open(name), bench.isUntidy ?? false);
    });
  }
}

/** Bytes that differ from part to part. */
export function pattern(length: number, seed = 1): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at++) bytes[at] = (at * 31 + (at >> 8) * 7 + seed) & 0xff;
  return bytes;
}

/** The same as a stream of chunks of an uneven size. */
export function streamOf(bytes: Uint8Array, chunk = 70_001): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream<Uint8Array>({
    pull: (controller) => {
      if (at >= bytes.byteLength) controller.close();
      else controller.enqueue(bytes.slice(at, at += chunk));
    },
  }, { highWaterMark: 0 });
}

/** Puts with what tests need not say. */
export async function put(
  store: R2Store,
  key: string,
  body: R2Body,
  options: Partial<PutOptions> = {},
): Promise<R2Entry | null> {
  const size = body instanceof Uint8Array ? body.byteLength : null;
  const given = { ...METADATA, size, maxBytes: 1e12, signal: NEVER, condition: null, checksums: new Map(), ...options };
  const { entry } = await store.put(key, body, given);
  return entry === null ? null : JSON.parse(entry);
}

function get(store: R2Store, key: string, range: R2Range | null = null): Promise<R2Found | null> {
  return store.get(key, { condition: null, range, signal: NEVER });
}

/** All bytes of an object, or null. */
export async function read(store: R2Store, key: string, range: R2Range | null = null): Promise<Uint8Array | null> {
  const found = await get(store, key, range);
  return found === null ? null : await new Response(found.content!.body as BodyInit).bytes();
}

function md5(bytes: Uint8Array): string {
  return createHash("md5").update(bytes).digest("hex");
}

async function list(store: R2Store, options: Partial<R2ListOptions> = {}): Promise<ListedPage & { keys: string[] }> {
  const page = await store.list({
    ...{ prefix: "", delimiter: null, startAfter: null, cursor: null, limit: 1000, withHttp: false, withCustom: false },
    ...options,
  });
  return { ...page, keys: (JSON.parse(page.objects) as R2Entry[]).map(({ key }) => key) };
}

type Check = (store: R2Store, other: R2Store, isUntidy: boolean) => Promise<void>;

/** What is removed takes no room, but for what an engine keeps to remember. */
async function assertRoom(store: R2Store, most: number, isUntidy: boolean): Promise<void> {
  const { bytes } = await store.count(1);
  assert(isUntidy || bytes < most, `${bytes} bytes are left`);
}

const CHECKS: Readonly<Record<string, Check>> = {
  "An empty bucket has nothing, and nothing of it can be deleted": async (store) => {
    const { objects } = await store.count(10);
    assertEquals([await store.head("k"), await get(store, "k"), objects], [null, null, 0]);
    const { keys, prefixes, cursor } = await list(store);
    assertEquals([keys, prefixes, cursor], [[], "[]", null]);
    await store.delete(["k"]);
  },
  "What was put is there for the next read of whoever reads, with all that is known of it": async (store, other) => {
    const bytes = pattern(10);
    const [custom, http] = ['{"by":"é"}', '{"contentType":"a/b","cacheExpiry":7}'];
    const entry = (await put(store, "k", bytes.slice(), { custom, http, storageClass: "InfrequentAccess" }))!;
    const { version, uploaded, ...rest } = entry;
    assertEquals(rest, {
      ...{ key: "k", size: 10, etag: md5(bytes), storageClass: "InfrequentAccess", checksums: { md5: md5(bytes) } },
      ...{ http: { contentType: "a/b", cacheExpiry: 7 }, custom: { by: "é" } },
    });
    assert(version.length > 10 && new Date(uploaded).getUTCFullYear() >= 2026, `${version} ${uploaded}`);
    assertEquals(JSON.parse((await other.head("k"))!), entry);
    assertEquals(await read(other, "k"), bytes);
    const again = (await put(other, "k", new Uint8Array()))!;
    assert(again.version !== version);
    assertEquals([await read(store, "k"), JSON.parse((await store.head("k"))!).size], [new Uint8Array(), 0]);
    await store.delete(["k", "none", "k"]);
    assertEquals([await other.head("k"), await read(other, "k")], [null, null]);
    await put(store, "k", bytes.slice());
    assertEquals((await other.count(10)).objects, 1);
  },
  "Objects of every length come back as they were, whole and as streams, and what they replace takes no room": async (
    store,
    other,
    isUntidy,
  ) => {
    for (const length of [1, 4_096, 4_097, 262_144, 262_145, 3 * MIB + 5, 10, 700_000]) {
      const bytes = pattern(length, length);
      const entry = await put(store, "long", streamOf(bytes), length % 2 === 0 ? {} : { size: length });
      assertEquals([entry!.size, entry!.etag], [length, md5(bytes)]);
      assertEquals(md5((await read(other, "long"))!), md5(bytes), `${length} bytes`);
    }
    await other.delete(["long"]);
    await put(store, "short", pattern(1));
    await assertRoom(store, MIB, isUntidy);
  },
  "Ranges give what they name, within parts and over them": async (store, other) => {
    const bytes = pattern(2 * MIB + 77);
    await put(store, "k", bytes.slice());
    const ranges: [R2Range, number, number][] = [
      [{ offset: 0, length: 1 }, 0, 1],
      [{ offset: 262_143, length: 2 }, 262_143, 2],
      [{ offset: 262_144 }, 262_144, bytes.length - 262_144],
      [{ offset: 100_000, length: 1_500_000 }, 100_000, 1_500_000],
      [{ offset: 2 * MIB, length: 1_000 }, 2 * MIB, 77],
      [{ suffix: 78 }, 2 * MIB - 1, 78],
      [{ suffix: 1e9 }, 0, bytes.length],
      [{ header: "bytes=5-9" }, 5, 5],
      [{ header: "nonsense" }, 0, bytes.length],
    ];
    for (const [range, offset, length] of ranges) {
      const found = await get(other, "k", range);
      assertEquals([found!.content!.offset, found!.content!.length], [offset, length], JSON.stringify(range));
      const got = await new Response(found!.content!.body as BodyInit).bytes();
      assertEquals(md5(got), md5(bytes.subarray(offset, offset + length)), JSON.stringify(range));
    }
    await assertRejects(() => get(other, "k", { offset: bytes.length + 1 }), BindingError, "(10039)");
    await put(store, "short", pattern(10));
    assertEquals(await read(other, "short", { offset: 3, length: 4 }), pattern(10).slice(3, 7));
  },
  "Conditions hold for gets and puts": async (store, other) => {
    const { etag, uploaded } = (await put(store, "k", pattern(9_000)))!;
    const condition = { matches: [{ value: "other", weak: false }] } as const;
    const failed = await other.get("k", { condition, range: null, signal: NEVER });
    assertEquals([failed!.content, JSON.parse(failed!.entry).etag], [null, etag]);
    const held = await other.get("k", { condition: { before: uploaded + 1 }, range: null, signal: NEVER });
    assertEquals(held!.content!.length, 9_000);
    assertEquals(await put(other, "k", pattern(20_000), { condition }), null);
    assertEquals(await put(other, "none", pattern(2), { condition: { matches: ["*"] } }), null);
    assertEquals(await put(other, "k", pattern(2), { condition: { differs: ["*"] } }), null);
    assertEquals((await read(store, "k"))!.byteLength, 9_000);
    assertEquals((await put(other, "none", pattern(2), { condition: { differs: ["*"] } }))?.size, 2);
    assertEquals(
      (await put(other, "k", pattern(2), { condition: { matches: [{ value: etag, weak: false }] } }))?.size,
      2,
    );
    // Of many that would be the first one is.
    const puts = Array.from(
      { length: 8 },
      (_, at) => put(at % 2 === 0 ? store : other, "once", pattern(5_000, at), { condition: { differs: ["*"] } }),
    );
    assertEquals((await Promise.all(puts)).filter((entry) => entry !== null).length, 1);
  },
  "Checksums are verified and kept; what is spoilt leaves what was there": async (store) => {
    const bytes = pattern(300_000);
    const sha1 = createHash("sha1").update(bytes).digest("hex");
    const entry = await put(store, "k", bytes.slice(), { checksums: new Map([["sha1", sha1]]) });
    assertEquals(entry!.checksums, { md5: md5(bytes), sha1 });
    const bad = new Map([["md5", "00".repeat(16)]] as const);
    for (const size of [9, 300_000]) {
      await assertRejects(() => put(store, "k", pattern(size), { checksums: bad }), BindingError, "(10037)");
    }
    const broken = () => {
      let sent = 0;
      return new ReadableStream<Uint8Array>({
        pull: (controller) => {
          if (sent++ < 3) controller.enqueue(pattern(300_000));
          else controller.error(new Error("gone"));
        },
      }, { highWaterMark: 0 });
    };
    await assertRejects(
      () => put(store, "k", broken(), { size: 2_000_000 }),
      BindingError,
      "put: The stream of the value failed: gone (10029)",
    );
    await assertRejects(() => put(store, "k", pattern(2), { size: 3 }), BindingError, "2 bytes, not the 3 that");
    await assertRejects(() => put(store, "k", pattern(4), { size: 3 }), BindingError, "more than the 3 bytes that");
    const aborted = new AbortController();
    let sent = 0;
    const endless = new ReadableStream<Uint8Array>({
      pull: (controller) => {
        if (sent++ < 3) return controller.enqueue(pattern(300_000));
        queueMicrotask(() => aborted.abort(new Error("given up")));
        return new Promise<void>(() => {});
      },
    }, { highWaterMark: 0 });
    await assertRejects(() => put(store, "k", endless, { signal: aborted.signal }), Error, "given up");
    assertEquals(md5((await read(store, "k"))!), md5(bytes));
  },
  "Lists have prefixes, delimiters, cursors and beginnings, for every byte that UTF-8 has": async (store, other) => {
    const keys = [
      "\0",
      "a",
      "a\0",
      "a*.>",
      "a/",
      "a/b/c",
      "a/b/d",
      "a/é",
      "a\u{10ffff}",
      "b",
      "b/x",
      "é",
      "\u{10ffff}",
    ];
    await Promise.all(keys.map((key) => put(store, key, pattern(1), { custom: JSON.stringify({ key }) })));
    await put(store, "gone/x", pattern(1));
    await store.delete(["gone/x"]);
    assertEquals((await list(other)).keys, keys);
    for (const prefix of [...keys, "zz", "a/b"]) {
      const expected = keys.filter((key) => key.startsWith(prefix));
      const paged: string[] = [];
      let cursor: string | null = null;
      do {
        const page: ListedPage & { keys: string[] } = await list(other, { prefix, cursor, limit: 2 });
        paged.push(...page.keys);
        cursor = page.cursor;
      } while (cursor !== null);
      assertEquals(paged, expected, JSON.stringify(prefix));
    }
    const grouped = await list(other, { delimiter: "/" });
    assertEquals(grouped.keys, keys.filter((key) => !key.includes("/")));
    assertEquals(JSON.parse(grouped.prefixes), ["a/", "b/"]);
    const below = await list(other, { delimiter: "/", prefix: "a/" });
    assertEquals([below.keys, below.prefixes], [["a/", "a/é"], '["a/b/"]']);
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const page: ListedPage & { keys: string[] } = await list(other, { delimiter: "/", cursor, limit: 1 });
      seen.push(...page.keys, ...JSON.parse(page.prefixes));
      cursor = page.cursor;
    } while (cursor !== null);
    assertEquals(seen, ["\0", "a", "a\0", "a*.>", "a/", "a\u{10ffff}", "b", "b/", "é", "\u{10ffff}"]);
    assertEquals((await list(other, { startAfter: "b" })).keys, ["b/x", "é", "\u{10ffff}"]);
    const [plain] = JSON.parse((await list(other, { prefix: "é" })).objects) as R2Entry[];
    const [full] = JSON.parse((await list(other, { prefix: "é", withCustom: true })).objects) as R2Entry[];
    assertEquals([plain!.custom, full!.custom], [undefined, { key: "é" }]);
    assertEquals((await other.count(5)).objects, 5);
  },
  "A key has the longest name that it may have": async (store, other) => {
    const key = "ä".repeat(512);
    await put(store, key, pattern(20_000));
    assertEquals((await read(other, key))!.byteLength, 20_000);
    assertEquals((await list(other, { prefix: key })).keys, [key]);
    await other.delete([key]);
    assertEquals(await store.head(key), null);
  },
  "A bucket that is full refuses what comes, and has room again after a delete": async (store) => {
    const small = { maxBytes: MIB };
    let kept = 0;
    const full = await assertRejects(async () => {
      for (; kept < 30; kept++) await put(store, `k${kept}`, pattern(100_000, kept), small);
    }, BindingError);
    assertEquals([full.code, full.message], [
      "STORAGE_FULL",
      "put: The bucket would hold more than storage_mb allows, 1 MiB (100100)",
    ]);
    assert(kept >= 5, `${kept}`);
    // Whether its length is known or not, and whether it begins an upload.
    await assertRejects(() => put(store, "big", streamOf(pattern(2 * MIB)), small), BindingError, "storage_mb");
    await assertRejects(() => put(store, "big", pattern(2 * MIB), small), BindingError, "storage_mb");
    await store.delete(Array.from({ length: kept }, (_, at) => `k${at}`));
    await put(store, "again", pattern(600_000), small);
    assertEquals((await read(store, "again"))!.byteLength, 600_000);
  },
  "Many puts of one key at once all come to an end, and one of them stands whole": async (store, other, isUntidy) => {
    await Promise.all(Array.from({ length: 10 }, (_, at) => {
      const size = at % 3 === 0 ? 100 : 300_000;
      return put(at % 2 === 0 ? store : other, "hot", new Uint8Array(size).fill(at + 1));
    }));
    const found = (await read(store, "hot"))!;
    assert(found.every((byte) => byte === found[0]) && [100, 300_000].includes(found.byteLength));
    await store.delete(["hot"]);
    await assertRoom(store, 200_000, isUntidy);
  },
  "A body that is being read is whole, also when its object is replaced and deleted meanwhile": async (
    store,
    other,
  ) => {
    const bytes = pattern(3 * MIB);
    await put(store, "k", bytes.slice());
    const found = await get(store, "k");
    await put(other, "k", pattern(900_000, 5));
    await other.delete(["k"]);
    assertEquals(md5(await new Response(found!.content!.body as BodyInit).bytes()), md5(bytes));
    await put(store, "k", bytes.slice());
    const left = await get(other, "k");
    await (left!.content!.body as ReadableStream).cancel();
    const aborting = new AbortController();
    const given = await other.get("k", { condition: null, range: null, signal: aborting.signal });
    aborting.abort(new Error("given up"));
    await assertRejects(() => new Response(given!.content!.body as BodyInit).bytes());
    assertEquals(md5((await read(other, "k"))!), md5(bytes));
  },
};

async function part(store: R2Store, key: string, upload: string, number: number, body: R2Body) {
  const { etag } = await store.uploadPart(key, { upload, number }, body, { size: null, maxBytes: 1e12, signal: NEVER });
  return { partNumber: number, etag };
}

const UPLOAD_CHECKS: Readonly<Record<string, Check>> = {
  "An upload of parts becomes an object of those that are named": async (store, other, isUntidy) => {
    const facts = { ...METADATA, custom: '{"a":"b"}', maxBytes: 1e12 };
    await put(store, "k", pattern(300_000));
    const upload = await store.createUpload("k", facts);
    const first = pattern(PART, 1);
    const last = pattern(1_000, 3);
    const one = await part(other, "k", upload, 1, streamOf(first));
    await part(store, "k", upload, 7, pattern(PART, 9));
    await part(other, "k", upload, 3, pattern(10, 8));
    const three = await part(store, "k", upload, 3, last.slice());
    assertEquals([one.etag, three.etag], [md5(first), md5(last)]);
    assertEquals((await read(store, "k"))!.byteLength, 300_000);
    const { entry } = await other.completeUpload("k", upload, [three, one].toReversed());
    const { size, etag, checksums, custom } = JSON.parse(entry!) as R2Entry;
    const digest = createHash("md5").update(md5(first), "hex").update(md5(last), "hex").digest("hex");
    assertEquals([size, etag, checksums, custom], [PART + 1_000, `${digest}-2`, {}, { a: "b" }]);
    const whole = new Uint8Array([...first, ...last]);
    assertEquals(md5((await read(store, "k"))!), md5(whole));
    assertEquals(await read(store, "k", { offset: PART - 2, length: 4 }), whole.slice(PART - 2, PART + 2));
    assertEquals(await read(store, "k", { suffix: 1 }), last.slice(-1));
    await assertRejects(() => store.completeUpload("k", upload, [one, three]), BindingError, "(10024)");
    await assertRejects(() => part(store, "k", upload, 2, pattern(1)), BindingError, "(10024)");
    await other.abortUpload("k", upload);
    assertEquals(md5((await read(other, "k"))!), md5(whole));
    await assertRoom(store, PART + MIB, isUntidy);
    await other.delete(["k"]);
    await assertRoom(store, MIB, isUntidy);
  },
  "An upload that is aborted leaves nothing": async (store, other, isUntidy) => {
    const upload = await store.createUpload("k", { ...METADATA, maxBytes: 1e12 });
    const one = await part(store, "k", upload, 1, pattern(PART));
    await other.abortUpload("k", upload);
    await other.abortUpload("k", upload);
    await assertRejects(() => store.completeUpload("k", upload, [one]), BindingError, "(10024)");
    await assertRejects(() => part(store, "k", upload, 1, pattern(1)), BindingError, "(10024)");
    assertEquals(await store.head("k"), null);
    await assertRoom(store, MIB, isUntidy);
  },
  "Uploads are refused what R2 refuses": async (store) => {
    const upload = await store.createUpload("k", { ...METADATA, maxBytes: 1e12 });
    const one = await part(store, "k", upload, 1, pattern(10));
    const two = await part(store, "k", upload, 2, pattern(20));
    const complete = (parts: readonly { partNumber: number; etag: string }[], key = "k", id = upload) =>
      store.completeUpload(key, id, parts);
    await assertRejects(() => complete([one, two]), BindingError, "(10011)");
    await assertRejects(() => complete([one, one]), BindingError, "(10001)");
    await assertRejects(() => complete([{ ...one, etag: two.etag }]), BindingError, "(10025)");
    await assertRejects(() => complete([{ ...one, partNumber: 9 }]), BindingError, "(10025)");
    await assertRejects(() => complete([one], "other"), BindingError, "(10001)");
    await assertRejects(() => complete([one], "k", "no.id*>"), BindingError, "(10001)");
    await assertRejects(() => store.abortUpload("k", "0".repeat(64)), BindingError, "(10001)");
    await assertRejects(() => part(store, "k", "> .", 1, pattern(1)), BindingError, "(10024)");
    const { entry } = await complete([two]);
    assertEquals(JSON.parse(entry!).size, 20);
  },
  "Of many that complete an upload at once one does, and its object is whole": async (store, other) => {
    const upload = await store.createUpload("k", { ...METADATA, maxBytes: 1e12 });
    const one = await part(store, "k", upload, 1, pattern(PART));
    const results = await Promise.allSettled(
      [store, other, store, other].map((each) => each.completeUpload("k", upload, [one])),
    );
    assert(results.some(({ status }) => status === "fulfilled"));
    assertEquals(md5((await read(other, "k"))!), md5(pattern(PART)));
  },
};
