/** Tests when an isolate counts as deaf: by its turns with a message waiting, whatever the clock says. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { Deafness } from "../../../runtime/pool/deafness.ts";

Deno.test("An isolate that answers five beats while a message waits for it is deaf", () => {
  const deafness = new Deafness();
  deafness.onSent();
  assertEquals(deafness.judge(10, 1), null);
  deafness.onSent();
  for (const beats of [11, 12, 14, 15]) assertEquals(deafness.judge(beats, 1), null);
  assertStringIncludes(deafness.judge(16, 1)!, "takes nothing any more");
});

Deno.test("Who hears one message of many is not deaf, however long the others wait", () => {
  const deafness = new Deafness();
  for (let sent = 0; sent < 100; sent++) deafness.onSent();
  for (let heard = 0; heard < 100; heard++) {
    for (let beat = 0; beat < 5; beat++) assertEquals(deafness.judge(heard * 5 + beat, heard), null);
  }
});

Deno.test("Who answers no beats is judged by others, and who has heard all is not deaf", () => {
  const deafness = new Deafness();
  deafness.onSent();
  for (let look = 0; look < 100; look++) assertEquals(deafness.judge(3, 0), null);
  for (let beats = 3; beats < 50; beats++) assertEquals(deafness.judge(beats, 1), null);
  // What is forged accuses nobody else, and a number above all that was sent hides nothing but oneself.
  assertEquals(deafness.judge(60, 1e9), null);
});
