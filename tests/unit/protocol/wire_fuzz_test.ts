/** Fuzzes the wall: random streams, chunks, delays and endings; bytes in are bytes out. */
import { assertEquals } from "@std/assert";
import { settle } from "../runtime/fake_clock.ts";
import { bytes, HandSource, type Side, WirePair } from "./wire_pair.ts";

const RUNS = 60;
/** Change it to look elsewhere; a failure names the seed of its run. */
const FIRST_SEED = 20_260;

/** Mulberry32: small, seeded, the same everywhere. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

type Ending = "end" | "fail" | "cancel" | "stop";

/** One stream of a run. */
class FuzzStream {
  readonly source = new HandSource();
  readonly reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly got: Uint8Array[] = [];
  readonly ends: string[] = [];
  pushed = 0;
  read = 0;
  over = false;
  outcome: "open" | "done" | "failed" = "open";
  #reading = false;

  constructor(
    readonly id: number,
    readonly from: Side,
    readonly to: Side,
    readonly chunks: number[],
    readonly ending: Ending,
    options: { owned: boolean; byob: boolean },
  ) {
    const receiving = to.wire.receiving.open(id, (end) => this.ends.push(`received ${end}`));
    this.reader = to.wire.receiving.readableOf(receiving, { byob: options.byob }).getReader();
    from.wire.sending.open(id, this.source, { owned: options.owned, onEnd: (end) => this.ends.push(`sent ${end}`) });
  }

  /** Gives the source its next chunk, or its end. */
  produce(): void {
    const size = this.chunks.shift();
    if (size !== undefined) {
      this.source.push(bytes(size, this.pushed));
      this.pushed += size;
      return;
    }
    if (this.over) return;
    this.over = true;
    if (this.ending === "end") this.source.end();
    else if (this.ending === "fail") this.source.fail(new Error("failed"));
    else if (this.ending === "stop") this.from.wire.sending.stop(this.id, "stopped");
    else this.reader.cancel("cancelled").catch(() => {});
  }

  /** Starts a read unless one is under way. */
  consume(): void {
    if (this.#reading || this.outcome !== "open") return;
    this.#reading = true;
    this.reader.read().then(({ done, value }) => {
      this.#reading = false;
      if (done) this.outcome = "done";
      else {
        this.got.push(value);
        this.read += value.byteLength;
      }
    }, () => this.outcome = "failed");
  }
}

for (let run = 0; run < RUNS; run++) {
  const seed = FIRST_SEED + run;
  Deno.test(`Wire loses, doubles and reorders no byte in a random run (seed ${seed})`, async () => {
    const random = randomOf(seed);
    const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!;
    const pair = new WirePair();
    const streams = Array.from({ length: 1 + Math.floor(random() * 6) }, (_, at) => {
      const [from, to] = random() < 0.5 ? [pair.a, pair.b] : [pair.b, pair.a];
      const sizes = Array.from({ length: Math.floor(random() * 40) }, () => pick([0, 1, 100, 4096, 20_000, 70_000]));
      const ending = pick<Ending>(["end", "end", "end", "fail", "cancel", "stop"]);
      return new FuzzStream(at, from, to, sizes, ending, { owned: random() < 0.5, byob: random() < 0.3 });
    });

    for (let step = 0; step < 400; step++) {
      const stream = pick(streams);
      const action = random();
      if (action < 0.3) stream.produce();
      else if (action < 0.55) stream.consume();
      else if (action < 0.7) pick([pair.a, pair.b]).endTurn();
      else if (action < 0.85) pair.deliver(pair.a, pair.b, 1);
      else pair.deliver(pair.b, pair.a, 1);
      if (random() < 0.5) await settle();
    }
    // Then everybody finishes: a deadlock of credits would leave a stream open.
    for (let step = 0; step < 2000 && streams.some(({ outcome }) => outcome === "open"); step++) {
      for (const stream of streams) {
        stream.produce();
        stream.consume();
      }
      await pair.turn();
    }

    for (const { id, got, pushed, read, ending, outcome, ends } of streams) {
      const note = `stream ${id}, ${ending}`;
      assertEquals(outcome, ending === "end" || ending === "cancel" ? "done" : "failed", note);
      assertEquals(await new Blob(got as Uint8Array<ArrayBuffer>[]).bytes(), bytes(pushed).subarray(0, read), note);
      if (ending === "end") assertEquals(read, pushed, note);
      assertEquals(ends.length, 2, `${note}: both ends are told once, not ${ends.join(", ")}`);
    }
    assertEquals([pair.a.wire.openStreams, pair.b.wire.openStreams], [0, 0]);
  });
}
