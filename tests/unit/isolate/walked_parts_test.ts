/** Tests how many objects Deno is said to walk to show a value. */
import { assertEquals } from "@std/assert";
import { walkOf, type WalkOptions, walksMoreThan } from "../../../runtime/isolate/platform/walked_parts.ts";

const wide = Array.from({ length: 10 }, () => []);
const all: WalkOptions = { depth: null, maxArrayLength: null, showHidden: false };

/** Objects that are walked, the outer one included. */
function walked(value: unknown, options = all): number {
  let most = 0;
  while (walksMoreThan(most, [value], options)) most++;
  return most;
}

Deno.test("walksMoreThan() counts objects wherever Deno finds them, as often as it does", () => {
  const list: [unknown, number][] = [
    [1, 0],
    ["text", 0],
    [wide, 11],
    [{ wide, again: wide }, 23],
    [new Map([[wide, wide]]), 23],
    [new Set([wide]), 12],
    [new Proxy(wide, { ownKeys: () => [] }), 12],
    [Promise.resolve(wide), 12],
    [new Error("x", { cause: wide }), 12],
    [new AggregateError([wide]), 13],
    [Object.assign(() => {}, { wide }), 12],
    [Object.assign(new Uint8Array(2), { wide }), 12],
    [{
      get never() {
        throw new Error("called");
      },
    }, 1], // deno-fmt-ignore
  ];
  for (const [value, objects] of list) assertEquals(walked(value), objects);
});

Deno.test("walksMoreThan() looks as far as Deno does", () => {
  assertEquals(walked(wide, { ...all, maxArrayLength: 3 }), 4);
  assertEquals(walked([[wide]], { ...all, depth: 0 }), 2);
  assertEquals(walked([[wide]], { ...all, depth: 1 }), 3);
  const keyed = Object.fromEntries(Array.from({ length: 320 }, (_, at) => [at, []]));
  assertEquals(walked([keyed], { ...all, depth: 0 }), 12);
  assertEquals(walked(Object.defineProperty({}, "hidden", { value: wide })), 1);
  assertEquals(walked(Object.defineProperty({}, "hidden", { value: wide }), { ...all, showHidden: true }), 12);
  assertEquals(walkOf("%o", null), { depth: 4, maxArrayLength: 100, showHidden: true });
  assertEquals(walkOf([wide], 7), { depth: 7, maxArrayLength: 100, showHidden: false });
});

Deno.test("walksMoreThan() comes to an end with circles", () => {
  const circle: unknown[] = [];
  circle.push(circle, circle);
  assertEquals(walksMoreThan(1000, [circle], all), true);
});
