/** Tests when an isolate counts as deaf: by its turns with a message waiting, whatever the clock says. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { Deafness } from "../../../runtime/pool/deafness.ts";

/** An isolate of a host that sends to nobody else, and that reads what it is told at once. */
function scene() {
  const deafness = new Deafness();
  let sent = 0;
  return {
    send: () => deafness.onSent(++sent),
    judge: (beats: number, heard: number, hostSent = sent) => deafness.judge({ beats, heard, hostSent }),
  };
}

Deno.test("An isolate that answers five beats while a message waits for it is deaf", () => {
  const { send, judge } = scene();
  send();
  assertEquals(judge(10, 1), null);
  send();
  for (const beats of [11, 12, 14, 15]) assertEquals(judge(beats, 1), null);
  assertStringIncludes(judge(16, 1)!, "takes nothing any more");
});

Deno.test("An isolate is deaf also when it is sent something all the time", () => {
  const { send, judge } = scene();
  for (let beats = 0; beats < 5; beats++) {
    send();
    assertEquals(judge(beats, 0), null);
  }
  send();
  assertStringIncludes(judge(5, 0)!, "takes nothing any more");
});

Deno.test("Who hears one message of many is not deaf, however long the others wait", () => {
  const { send, judge } = scene();
  for (let sent = 0; sent < 100; sent++) send();
  for (let heard = 0; heard < 100; heard++) {
    for (let beat = 0; beat < 5; beat++) assertEquals(judge(heard * 5 + beat, heard), null);
  }
});

Deno.test("Who answers no beats is judged by others, and who has heard all is not deaf", () => {
  const { send, judge } = scene();
  send();
  for (let look = 0; look < 100; look++) assertEquals(judge(3, 0), null);
  for (let beats = 3; beats < 50; beats++) assertEquals(judge(beats, 1), null);
  // What is forged accuses nobody else, and a number above all that was sent hides nothing but oneself.
  assertEquals(judge(60, 1e9), null);
});

Deno.test("What a host that was held up reads of the time before it sent a message tells nothing of that", () => {
  const { send, judge } = scene();
  for (let sent = 0; sent < 3; sent++) send();
  // It stood still while these were told; the first thing that it did then was to send another message.
  send();
  for (let beats = 10; beats < 30; beats++) assertEquals(judge(beats, 3, 3), null);
  // From now on they are of the time after.
  for (let beats = 30; beats < 35; beats++) assertEquals(judge(beats, 3), null);
  assertStringIncludes(judge(35, 3)!, "takes nothing any more");
});

Deno.test("Marks of messages go round and round", () => {
  const deafness = new Deafness();
  const [before, last] = [2 ** 31 - 1, -(2 ** 31)];
  deafness.onSent(last);
  for (let beats = 0; beats < 20; beats++) assertEquals(deafness.judge({ beats, heard: 0, hostSent: before }), null);
  for (let beats = 20; beats < 25; beats++) assertEquals(deafness.judge({ beats, heard: 0, hostSent: last }), null);
  assertStringIncludes(deafness.judge({ beats: 25, heard: 0, hostSent: last + 1 })!, "takes nothing any more");
});
