/** Tests when an isolate counts as deaf: by its turns with a message waiting, whatever the clock says. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { Deafness } from "../../../runtime/pool/deafness.ts";

/** Reports, each made after the host had taken the one before. */
function reporting(deafness: Deafness): (beats: number, heard: number) => string | null {
  let number = 0;
  return (beats, heard) => deafness.judge({ beats, heard }, { number: ++number, taken: number - 1 });
}

Deno.test("An isolate that answers five beats while a message waits for it is deaf", () => {
  const deafness = new Deafness();
  const judge = reporting(deafness);
  deafness.onSent();
  assertEquals(judge(10, 1), null);
  deafness.onSent();
  for (const beats of [11, 12, 14, 15, 16]) assertEquals(judge(beats, 1), null);
  assertStringIncludes(judge(17, 1)!, "takes nothing any more");
});

Deno.test("Who hears one message of many is not deaf, however long the others wait", () => {
  const deafness = new Deafness();
  const judge = reporting(deafness);
  for (let sent = 0; sent < 100; sent++) deafness.onSent();
  for (let heard = 0; heard < 100; heard++) {
    for (let beat = 0; beat < 5; beat++) assertEquals(judge(heard * 5 + beat, heard), null);
  }
});

Deno.test("Who answers no beats is judged by others, and who has heard all is not deaf", () => {
  const deafness = new Deafness();
  const judge = reporting(deafness);
  deafness.onSent();
  for (let look = 0; look < 100; look++) assertEquals(judge(3, 0), null);
  for (let beats = 3; beats < 50; beats++) assertEquals(judge(beats, 1), null);
  // What is forged accuses nobody else, and a number above all that was sent hides nothing but oneself.
  assertEquals(judge(60, 1e9), null);
});

Deno.test("Reports that waited for a host that was held up accuse nobody of what it sent meanwhile", () => {
  const deafness = new Deafness();
  deafness.onSent();
  assertEquals(deafness.judge({ beats: 10, heard: 1 }, { number: 1, taken: 0 }), null);
  // It sends one more, and only then comes to what was reported in the seconds before.
  deafness.onSent();
  for (let number = 2; number < 9; number++) {
    assertEquals(deafness.judge({ beats: 10 * number, heard: 1 }, { number, taken: 1 }), null);
  }
  // Of these the last few were made after it had taken the first of the others.
  assertEquals(deafness.judge({ beats: 100, heard: 1 }, { number: 9, taken: 2 }), null);
  assertStringIncludes(deafness.judge({ beats: 105, heard: 1 }, { number: 10, taken: 9 })!, "takes nothing any more");
});
