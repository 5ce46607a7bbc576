/** Tests who is ended for what garbage collections leave, and how often collections are asked for. */
import { assert, assertEquals } from "@std/assert";
import { COLLECT, type Collect } from "../../../runtime/protocol/messages.ts";
import { HeldJudge } from "../../../runtime/pool/held_judge.ts";

const MB = 1024 * 1024;
const LIMIT = 64 * MB;

/** An isolate whose garbage is gone after a collection, as the warden would ask it. */
class Patient {
  readonly #judge = new HeldJudge(LIMIT);
  nowMs = 1000;
  readonly collections: Collect[] = [];

  /** One beat. @returns the detail of the verdict, or null while it lives */
  beat(heapMb: number, left: { heapMb?: number; afterMajorMb?: number; externalMb?: number; heldExternalMb?: number }) {
    const { externalMb = 0, heldExternalMb = externalMb } = left;
    let collected: Collect = COLLECT.NOTHING;
    for (let round = 0; round < 9; round++) {
      const heap = round === 0
        ? heapMb
        : collected === COLLECT.MAJOR
        ? left.afterMajorMb ?? left.heapMb ?? heapMb
        : left.heapMb ?? heapMb;
      const finding = this.#judge.take({
        heapBytes: heap * MB,
        externalBytes: (round > 0 && collected === COLLECT.NOTHING ? heldExternalMb : externalMb) * MB,
        externalLimitBytes: 32 * MB,
        collected,
        nowMs: this.nowMs,
      });
      if (finding === null) return null;
      if ("verdict" in finding) return finding.verdict.detail;
      this.collections.push(finding.collect);
      collected = finding.collect;
      this.nowMs += 50;
    }
    throw new Error("it never ends");
  }
}

Deno.test("HeldJudge asks for nothing while the figures are within the limits", () => {
  const patient = new Patient();
  assertEquals([patient.beat(64, { externalMb: 32 }), patient.collections], [null, []]);
});

Deno.test("HeldJudge lets garbage live, after one collection", () => {
  const patient = new Patient();
  assertEquals([patient.beat(266, { heapMb: 40 }), patient.collections], [null, [COLLECT.MAJOR]]);
});

Deno.test("HeldJudge does not believe a collection that finished another one: what died meanwhile is still there", () => {
  const patient = new Patient();
  assertEquals(patient.beat(100, { afterMajorMb: 70, heapMb: 58 }), null);
  assertEquals(patient.collections, [COLLECT.MAJOR, COLLECT.MAJOR, COLLECT.LAST_RESORT]);
});

Deno.test("HeldJudge ends who holds more than allowed after the last resort, and says how much", () => {
  const patient = new Patient();
  assertEquals(patient.beat(100, { heapMb: 70 }), "70 MiB held in the heap, allowed 64 MiB by memory_mb");
  assertEquals(patient.collections, [COLLECT.MAJOR, COLLECT.MAJOR, COLLECT.LAST_RESORT]);
});

Deno.test("HeldJudge gives finalizers a turn before it judges what is outside the heap", () => {
  const lives = new Patient();
  assertEquals(lives.beat(10, { externalMb: 40, heldExternalMb: 20 }), null);
  const steps = [COLLECT.MAJOR, COLLECT.MAJOR, COLLECT.LAST_RESORT, COLLECT.NOTHING];
  assertEquals(lives.collections, steps);
  const ends = new Patient();
  assertEquals(ends.beat(10, { externalMb: 40 }), "40 MiB outside the heap, allowed 32 MiB by external_mb");
  assertEquals(ends.collections, steps);
});

Deno.test("HeldJudge spends one part in two hundred of the time on a healthy heap full of garbage", () => {
  const patient = new Patient();
  const endMs = patient.nowMs + 600_000;
  let looks = 0;
  while (patient.nowMs < endMs) {
    const before = patient.collections.length;
    assertEquals(patient.beat(100, { heapMb: 58 }), null);
    if (patient.collections.length > before) looks++;
    patient.nowMs += 100;
  }
  assert(looks * 50 <= 600_000 / 200 + 50, `${looks} looks`);
  assert(looks > 50, `${looks} looks`);
});

Deno.test("HeldJudge looks within a second at a heap that garbage does not explain, however long it would rest", () => {
  const patient = new Patient();
  patient.beat(100, { heapMb: 58 });
  patient.nowMs += 600;
  assertEquals(patient.beat(160, { heapMb: 150 }), null);
  assertEquals(patient.beat(180, { heapMb: 170 }), "170 MiB held in the heap, allowed 64 MiB by memory_mb");
});

Deno.test("HeldJudge finds a slow leak once it has rested", () => {
  const patient = new Patient();
  patient.beat(65, { heapMb: 63 });
  patient.nowMs += 120_000;
  assertEquals(patient.beat(66, { heapMb: 65 }), "65 MiB held in the heap, allowed 64 MiB by memory_mb");
});

Deno.test("HeldJudge takes no answer to an earlier question for the one after a collection", () => {
  const judge = new HeldJudge(LIMIT);
  const answer = { heapBytes: 100 * MB, externalBytes: 0, externalLimitBytes: 1, nowMs: 0 };
  assertEquals(judge.take({ ...answer, collected: COLLECT.NOTHING }), { collect: COLLECT.MAJOR });
  assertEquals(judge.take({ ...answer, collected: COLLECT.NOTHING }), null);
  assertEquals(judge.take({ ...answer, collected: COLLECT.MAJOR }), { collect: COLLECT.MAJOR });
});
