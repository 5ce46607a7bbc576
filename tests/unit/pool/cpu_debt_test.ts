/** Tests who is in debt for the CPU time it took. */
import { assertEquals } from "@std/assert";
import { CpuDebt } from "../../../runtime/pool/cpu_debt.ts";

/** Seconds of looks at isolates that use these parts of a core; tells who stepped back or came forward, and when. */
function watchSeconds(cores: number, seconds: readonly Readonly<Record<string, number>>[]): string[] {
  const debt = new CpuDebt<string>(cores);
  const clocks = new Map<string, number>();
  const told: string[] = [];
  seconds.forEach((parts, second) => {
    for (const name of [...clocks.keys()]) if (!(name in parts)) clocks.delete(name);
    for (const [name, part] of Object.entries(parts)) clocks.set(name, (clocks.get(name) ?? 0) + part * 1e6);
    const { back, forward } = debt.look(clocks, 1000);
    told.push(...back.map((name) => `${second} ${name} back`), ...forward.map((name) => `${second} ${name} forward`));
  });
  return told;
}

const times = <T>(count: number, one: T): T[] => Array.from({ length: count }, () => one);

Deno.test("CpuDebt lets eight isolates that compute all the time step back, and not the one that answers now and then", () => {
  const hogs = Object.fromEntries(times(8, 0.24).map((part, index) => [`hog-${index}`, part]));
  const told = watchSeconds(2, times(8, { ...hogs, light: 0.05 }));
  assertEquals(told.map((line) => line.slice(2)).sort(), Object.keys(hogs).map((name) => `${name} back`).sort());
});

Deno.test("CpuDebt leaves an isolate alone that has a core to itself while the other core is free", () => {
  assertEquals(watchSeconds(2, times(20, { busy: 1 })), []);
  assertEquals(watchSeconds(2, times(20, { busy: 0.6, other: 0.3 })), []);
});

Deno.test("CpuDebt forgives a burst that is shorter than half a second beyond its part", () => {
  const quiet = { burst: 0, other: 0.02 };
  const burst = { burst: 0.6, other: 0.02 };
  assertEquals(watchSeconds(1, [quiet, burst, quiet, quiet, burst, quiet, quiet]), []);
  assertEquals(watchSeconds(1, [quiet, burst, burst, burst]), ["2 burst back"]);
});

Deno.test("CpuDebt lets an isolate come forward within five looks after it stopped computing", () => {
  const told = watchSeconds(1, [...times(30, { hog: 0.9, other: 0.1 }), ...times(10, { hog: 0, other: 0.1 })]);
  assertEquals(told, ["1 hog back", "34 hog forward"]);
});

Deno.test("CpuDebt charges nobody for the time before its first look, its boot", () => {
  assertEquals(watchSeconds(1, [{}, { fresh: 5, other: 0.3 }, { fresh: 0, other: 0.3 }]), []);
});

Deno.test("CpuDebt forgets who has ended", () => {
  const hog = { hog: 0.9, other: 0.1 };
  assertEquals(watchSeconds(1, [hog, hog, { other: 0.1 }, hog, hog, hog]), ["1 hog back", "4 hog back"]);
});
