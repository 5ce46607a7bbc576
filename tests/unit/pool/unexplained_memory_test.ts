/** Tests to whom memory is charged that nobody reports, and that no neighbour is ended for it. */
import { assert, assertEquals } from "@std/assert";
import { type UnexplainedFinding, UnexplainedMemory } from "../../../runtime/pool/unexplained_memory.ts";

const MB = 1024 * 1024;
const ROOM_MB = 64;

/** A process in which isolates take memory that they do not report. */
class Process {
  readonly accounts = new UnexplainedMemory();
  readonly isolates = new Map<number, { touchedMb: number; cpuMs: number }>();
  restMb = 100;
  readonly #tellsTouched: boolean;

  constructor(isolates: number, tellsTouched = true) {
    this.#tellsTouched = tellsTouched;
    for (let number = 1; number <= isolates; number++) this.boot(number);
    this.look();
  }

  boot(number: number): void {
    this.isolates.set(number, { touchedMb: 15, cpuMs: 100 });
  }

  end(number: number): void {
    this.isolates.delete(number);
    this.accounts.ended(number);
  }

  /** An isolate works: touches memory and computes. */
  work(number: number, touchedMb: number, cpuMs = touchedMb / 4 + 10): void {
    const isolate = this.isolates.get(number)!;
    isolate.touchedMb += touchedMb;
    isolate.cpuMs += cpuMs;
  }

  look(): UnexplainedFinding {
    return this.accounts.look(
      this.restMb * MB,
      [...this.isolates].map(([number, { touchedMb, cpuMs }]) => ({
        number,
        cpuMicros: cpuMs * 1000,
        touchedBytes: this.#tellsTouched ? touchedMb * MB : null,
        roomBytes: ROOM_MB * MB,
      })),
    );
  }

  /** Takes memory that is reported by nobody, step by step. @returns who was found guilty */
  take(number: number, megabytes: number, step = 20): number | null {
    for (let taken = 0; taken < megabytes; taken += step) {
      this.restMb += step;
      this.work(number, step);
      const { guilty } = this.look();
      if (guilty !== null) return guilty.number;
    }
    return null;
  }
}

for (const tellsTouched of [true, false]) {
  const how = tellsTouched ? "by what each touched" : "by CPU, where the system does not tell more";
  Deno.test(`UnexplainedMemory finds who takes memory slowly and reports none of it, ${how}`, () => {
    assertEquals(new Process(3, tellsTouched).take(2, 1000, 14), 2);
  });
}

Deno.test("UnexplainedMemory ends no victim beside an attacker that sits still on what it took", () => {
  const host = new Process(2);
  assertEquals(host.take(1, 300), null);
  for (let round = 0; round < 100; round++) {
    // 30 MB that the next report explains, and garbage that comes and goes.
    host.restMb += 30;
    host.work(2, 30);
    assertEquals(host.look().guilty, null);
    host.restMb -= 30;
    host.work(2, 1);
    assertEquals(host.look().guilty, null);
  }
  assert(host.accounts.chargedTo(2) < 31 * MB, `${host.accounts.chargedTo(2) / MB} MB charged to the victim`);
  assert(host.accounts.chargedTo(1) > 290 * MB, `${host.accounts.chargedTo(1) / MB} MB charged to the attacker`);
  assertEquals(host.take(1, 300), 1);
});

Deno.test("UnexplainedMemory charges a loop without memory nothing of what a neighbour takes", () => {
  const host = new Process(2);
  for (let round = 0; round < 50; round++) {
    host.work(2, 0, 1000);
    host.restMb += 10;
    host.work(1, 10, 5);
    const { guilty } = host.look();
    assert(guilty === null || guilty.number === 1);
  }
  assertEquals(host.accounts.chargedTo(2), 0);
});

Deno.test("UnexplainedMemory ends nobody for what the process keeps of isolates that are gone", () => {
  const host = new Process(100);
  for (let number = 1; number < 100; number++) host.end(number);
  // Their base cost is out of the books at once; the allocator keeps most of it.
  host.restMb += 99 * 8;
  host.work(100, 1);
  assertEquals(host.look().guilty, null);
  assert(host.accounts.chargedTo(100) <= MB);
});

Deno.test("UnexplainedMemory takes the boots of a batch for what they are", () => {
  const host = new Process(1);
  for (let batch = 0; batch < 10; batch++) {
    for (let number = 0; number < 20; number++) host.boot(100 + batch * 20 + number);
    host.restMb += 20 * 30;
    host.work(1, 3);
    assertEquals(host.look().guilty, null);
  }
  assert(host.accounts.chargedTo(1) <= 30 * MB);
});

Deno.test("UnexplainedMemory ends nobody where isolates cannot be told apart, and says so once", () => {
  const host = new Process(2, false);
  const warned: number[] = [];
  let last: UnexplainedFinding | null = null;
  for (let round = 0; round < 30; round++) {
    host.restMb += 20;
    host.work(1, 10);
    host.work(2, 10);
    last = host.look();
    assertEquals(last.guilty, null);
    if (last.ownerlessBytes !== null) warned.push(last.ownerlessBytes / MB);
  }
  assertEquals(warned.length, 2, warned.join());
  assertEquals(Math.round(last!.unexplainedBytes / MB), 600);
});

Deno.test("UnexplainedMemory forgets what is given back", () => {
  const host = new Process(1);
  host.take(1, 200);
  host.restMb -= 200;
  host.work(1, 0, 10);
  assertEquals([host.look().unexplainedBytes, host.accounts.chargedTo(1)], [0, 0]);
});

Deno.test("UnexplainedMemory tolerates more with more isolates", () => {
  const few = new Process(1);
  assertEquals(few.take(1, 340), 1);
  assertEquals(new Process(100).take(1, 340), null);
});
