/** What kills leave in a bucket of a fleet: found by its marks, gone on with, or removed once it is old. */
import { assertEquals, assertRejects } from "@std/assert";
import { NatsR2 } from "../../runtime/fleet/data/nats_r2.ts";
import { framed, unframed } from "../../runtime/fleet/data/message_frame.ts";
import { PatientCalls } from "../../runtime/fleet/data/patient_calls.ts";
import { bucketNames, keyPart } from "../../runtime/fleet/data/store_names.ts";
import { ENGINE_TIMES, natsEngine } from "../../runtime/fleet/engine_config.ts";
import { NatsSession } from "../../runtime/fleet/nats_session.ts";
import { BindingError } from "../../runtime/protocol/binding_call.ts";
import { pattern, put, read } from "../unit/data/r2_conformance.ts";
import { untilAnswered } from "./fleet_data_scene.ts";
import { NatsServers } from "./nats_servers.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
const NAMES = bucketNames("nano", "left");
const METADATA = { http: "{}", custom: "{}", storageClass: "Standard" };
const OPTIONS = { size: null, maxBytes: 1e12, signal: new AbortController().signal };

/** A bucket, by whatever clock, and what stands below its subjects. */
class Scene implements AsyncDisposable {
  readonly #session: NatsSession;
  readonly #calls: PatientCalls;

  constructor(servers: NatsServers) {
    const times = { ...ENGINE_TIMES, callMs: 60_000 };
    const engine = natsEngine({ servers: servers.addresses, name: "test", allowsOldServer: true, times });
    this.#session = new NatsSession(engine, () => Promise.resolve());
    this.#calls = new PatientCalls(this.#session, times.callMs);
  }

  bucket(aheadMs = 0): NatsR2 {
    return new NatsR2({ calls: this.#calls, names: NAMES, replicas: 1, now: () => Date.now() + aheadMs });
  }

  say(subject: string, bytes: Uint8Array): Promise<unknown> {
    return this.#calls.call("say", ({ js }) => js.publish(subject, bytes));
  }

  /** Puts an upload into the state that a kill leaves after its last part. */
  completing(id: string): Promise<unknown> {
    return this.#calls.call("say", async ({ js, jsm }) => {
      const subject = `${NAMES.uploads}${id}`;
      const message = await jsm.streams.getMessage(NAMES.stream, { last_by_subj: subject });
      const { facts } = unframed<object>(message!.data);
      await js.publish(subject, framed({ ...facts, state: "completing" }, new Uint8Array()));
    });
  }

  count(start: string): Promise<number> {
    return this.#calls.call("count", async ({ jsm }) => {
      const { state } = await jsm.streams.info(NAMES.stream, { subjects_filter: `${start}>` });
      return Object.keys(state.subjects ?? {}).length;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#session[Symbol.asyncDispose]();
  }
}

function until(isTrue: () => Promise<boolean>): Promise<void> {
  return untilAnswered(async () => {
    if (!await isTrue()) throw new Error("not yet");
  });
}

Deno.test("Bytes that a kill left go after a day, those of objects stay; uploads that nobody completes go after 7", async () => {
  await using servers = await NatsServers.start();
  await using scene = new Scene(servers);
  const bucket = scene.bucket();
  await put(bucket, "k", pattern(300_000));
  const { version } = JSON.parse((await bucket.head("k"))!);
  const mark = framed({ key: keyPart("k") }, new Uint8Array());
  // A put that was killed in the middle, and one that was killed before it cleared its mark.
  await scene.say(`${NAMES.content}dead.0.0`, pattern(1_000));
  await scene.say(`${NAMES.marks}dead.put`, mark);
  await scene.say(`${NAMES.marks}${version}.left`, mark);
  const upload = await bucket.createUpload("u", { ...METADATA, maxBytes: 1e12 });
  await bucket.uploadPart("u", { upload, number: 1 }, pattern(10), OPTIONS);

  await put(scene.bucket(DAY_MS / 2), "a", pattern(1));
  assertEquals([await scene.count(NAMES.marks), await scene.count(`${NAMES.content}dead.`)], [2, 1]);
  await put(scene.bucket(2 * DAY_MS), "a", pattern(1));
  await until(async () => await scene.count(NAMES.marks) === 0);
  assertEquals([await scene.count(`${NAMES.content}dead.`), await scene.count(NAMES.uploads)], [0, 1]);
  await put(scene.bucket(8 * DAY_MS), "a", pattern(1));
  await until(async () => await scene.count(NAMES.uploads) === 0);
  assertEquals([await scene.count(`${NAMES.content}${upload}.`), await scene.count(NAMES.rows)], [0, 0]);
  assertEquals(await read(bucket, "k"), pattern(300_000));
});

Deno.test("An upload whose completion was killed is completed by the same call, or aborted", async () => {
  await using servers = await NatsServers.start();
  await using scene = new Scene(servers);
  const bucket = scene.bucket();
  const begun = async (key: string) => {
    const upload = await bucket.createUpload(key, { ...METADATA, maxBytes: 1e12 });
    const { etag } = await bucket.uploadPart(key, { upload, number: 1 }, pattern(9_000), OPTIONS);
    return { upload, parts: [{ partNumber: 1, etag }] };
  };
  // Before its object stood.
  const one = await begun("one");
  await scene.completing(one.upload);
  await assertRejects(
    () => bucket.uploadPart("one", { ...one, number: 2 }, pattern(1), OPTIONS),
    BindingError,
    "10024",
  );
  await bucket.completeUpload("one", one.upload, one.parts);
  assertEquals(await read(bucket, "one"), pattern(9_000));
  // After it stood.
  await scene.completing(one.upload);
  await bucket.completeUpload("one", one.upload, one.parts);
  await scene.completing(one.upload);
  await bucket.abortUpload("one", one.upload);
  assertEquals(await read(bucket, "one"), pattern(9_000));
  // After it stood and was replaced.
  await scene.completing(one.upload);
  await put(bucket, "one", pattern(5));
  await assertRejects(() => bucket.completeUpload("one", one.upload, one.parts), BindingError);
  assertEquals(await read(bucket, "one"), pattern(5));
  // Aborted instead, beside an object that stays.
  const two = await begun("one");
  await scene.completing(two.upload);
  await bucket.abortUpload("one", two.upload);
  await assertRejects(() => bucket.completeUpload("one", two.upload, two.parts), BindingError, "10024");
  assertEquals([await read(bucket, "one"), await scene.count(`${NAMES.content}`)], [pattern(5), 0]);
});
