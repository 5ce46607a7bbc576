/** What crosses between apps by value: whatever a hostile isolate sends is a value or an error, and nothing else. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { packValue, unpackValue } from "../../../runtime/isolate/rpc/packet.ts";
import { readValue } from "../../../runtime/isolate/rpc/value_reader.ts";
import { SeededRandom } from "../../support/seeded_random.ts";

const NOTHING = { blobBytes: 0, stream: null };

Deno.test("Text that no writer writes is refused", () => {
  const texts = [
    ...["", "x", "{}", "p", "p{", "t{", 't{"":5}', 't{"":["?"]}', 't{"":["@",0]}', 't{"":["@","x"]}', 't{"":["b",1]}'],
    ...[
      't{"":["b","x"]}',
      't{"":["x","Uint8Array",0,1]}',
      't{"":["x","Uint8Array",-1,1]}',
      't{"":["x","constructor",0,0]}',
    ],
    ...['t{"":["x","Map",0,0]}', 't{"":["S"]}', 't{"":["P","x","",""]}', 't{"":["P","99","","",null]}', 't{"":["Q"]}'],
    ...[
      't{"":["r","(",""]}',
      't{"":["o",1,2]}',
      't{"":["e",false,1,2]}',
      't{"":["H",{"a":1}]}',
      't{"":["x","Uint16Array","0",0]}',
    ],
  ];
  for (const text of texts) assertThrows(() => readValue(text, NOTHING), Error, undefined, text);
});

Deno.test("Members named as prototypes' are members, and touch no prototype", () => {
  const read = readValue('t{"__proto__":{"a":1},"constructor":{"":["o","__proto__",{"b":2}]}}', NOTHING)
    .value as object;
  assertEquals(Object.getPrototypeOf(read), Object.prototype);
  assertEquals(Object.keys(read), ["__proto__", "constructor"]);
  assertEquals((Object.prototype as Record<string, unknown>)["a"], undefined);
  assertEquals((Object.prototype as Record<string, unknown>)["b"], undefined);
});

Deno.test("Bytes that were changed on the way give a value or an error, in any place", async () => {
  const random = new SeededRandom(7);
  const value = [new Uint8Array(40), new Map([["a", { b: [1n, new Date(0), undefined] }]]), new Error("e"), /x/g];
  const packed = packValue(value, "it") as Uint8Array;
  assert(packed instanceof Uint8Array);
  assertEquals(((await unpackValue(packed)) as unknown[]).length, 4);
  let errors = 0;
  for (let turn = 0; turn < 2_000; turn++) {
    const changed = packed.slice(0, random.below(5) === 0 ? 1 + random.below(packed.length - 1) : packed.length);
    for (let byte = 0; byte < 3; byte++) changed[random.below(changed.length)] = random.below(256);
    await unpackValue(changed).catch((error) => {
      assert(error instanceof Error);
      errors++;
    });
  }
  assert(errors > 100, `${errors} errors`);
});
