/** Streams of a store that several calls make at once: of several servers one learns of it after the other. */
import { assertEquals, assertRejects } from "@std/assert";
import { JetStreamApiError, type JetStreamManager, StorageType } from "@nats-io/jetstream";
import { NanoError } from "../../../runtime/errors.ts";
import { PatientCalls } from "../../../runtime/fleet/data/patient_calls.ts";
import type { NatsSession, Reached } from "../../../runtime/fleet/nats_session.ts";
import { ensureStream } from "../../../runtime/fleet/nats_streams.ts";

const answer = (status: number, code: number, description: string) =>
  new JetStreamApiError({ code: status, err_code: code, description });
const missing = () => answer(404, 10059, "stream not found");
const nameTaken = () => answer(400, 10058, "stream name already in use");

/** @param looks how often the stream is not found @param add what making it comes to */
function servers(looks: number, add: () => Error | null) {
  const asked: string[] = [];
  const streams = {
    info() {
      asked.push("info");
      return asked.filter((one) => one === "info").length > looks ? Promise.resolve({}) : Promise.reject(missing());
    },
    add() {
      asked.push("add");
      const error = add();
      return error === null ? Promise.resolve({}) : Promise.reject(error);
    },
  };
  return { asked, jsm: { streams } as unknown as JetStreamManager };
}

const PLAN = { name: "s", subjects: ["s.>"], storage: StorageType.File, keptMs: null };

Deno.test("A stream that another call makes just now is waited for", async () => {
  for (const refusal of [nameTaken, missing]) {
    const { asked, jsm } = servers(3, refusal);
    await ensureStream(jsm, PLAN, 3);
    assertEquals(asked, ["info", "add", "info", "info", "info"]);
  }
});

Deno.test("What a login may not make and nobody makes is told", async () => {
  const { jsm } = servers(Infinity, nameTaken);
  const { code, message } = await assertRejects(() => ensureStream(jsm, PLAN, 3), NanoError);
  assertEquals(code, "FLEET_UNAVAILABLE");
  assertEquals(message.includes("stream name already in use"), true, message);
});

Deno.test("A change that finds no stream right after it was made looks again, and makes it once", async () => {
  const session = { call: (_action: string, run: (reached: Reached) => Promise<unknown>) => run({} as Reached) };
  const calls = new PatientCalls(session as unknown as NatsSession, 60_000);
  let [made, tries] = [0, 0];
  const came = await calls.change("put a value", {
    run: () => ++tries < 4 ? Promise.reject(missing()) : Promise.resolve("put"),
    prepare: () => Promise.resolve(void made++),
  });
  assertEquals([came, made, tries], ["put", 1, 4]);
  // Without a way to make it, it is just not there.
  await assertRejects(() => calls.change("look", { run: () => Promise.reject(missing()) }), JetStreamApiError);
});
