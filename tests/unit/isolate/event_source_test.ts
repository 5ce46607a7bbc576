/** The event stream's text, taken apart as the standard says, wherever it is cut. */
import { assertEquals, assertThrows } from "@std/assert";
import { EventStreamParser, type ParsedEvent } from "../../../runtime/isolate/platform/event_stream_parser.ts";

function parse(...texts: string[]): { events: ParsedEvent[]; retries: number[]; id: string } {
  const events: ParsedEvent[] = [];
  const retries: number[] = [];
  const parser = new EventStreamParser("", (event) => events.push(event), (ms) => retries.push(ms));
  for (const text of texts) parser.push(text);
  return { events, retries, id: parser.lastEventId };
}

const STREAM = "\uFEFF: note\r\nid: 1\rdata: a\ndata:b\ndata:  c\n\nevent: own\ndata\n\nretry: 5\nid\ndata: x\r\n\r\n";

Deno.test("Fields, comments, all three line ends and a byte order mark are understood", () => {
  assertEquals(parse(STREAM), {
    events: [
      { type: "message", data: "a\nb\n c", lastEventId: "1" },
      { type: "own", data: "", lastEventId: "1" },
      { type: "message", data: "x", lastEventId: "" },
    ],
    retries: [5],
    id: "",
  });
});

Deno.test("A stream gives the same events wherever it is cut", () => {
  const whole = parse(STREAM);
  for (let at = 0; at <= STREAM.length; at++) assertEquals(parse(STREAM.slice(0, at), STREAM.slice(at)), whole);
  assertEquals(parse(...STREAM), whole);
});

Deno.test("What no empty line has ended is no event, and its id does not count", () => {
  assertEquals(parse("id: 1\ndata: a\n\nid: 2\ndata: b\n"), {
    events: [{ type: "message", data: "a", lastEventId: "1" }],
    retries: [],
    id: "1",
  });
});

Deno.test("A block without data is no event, but its id counts and its type does not linger", () => {
  const { events, id } = parse("event: x\nid: 9\n\ndata: y\n\n");
  assertEquals(events, [{ type: "message", data: "y", lastEventId: "9" }]);
  assertEquals(id, "9");
});

Deno.test("An id with NUL, a retry that is no number and unknown fields are ignored", () => {
  const { events, retries } = parse("id: a\0b\nretry: 5s\nretry:\nother: z\nData: no\ndata: y\n\n");
  assertEquals([events, retries], [[{ type: "message", data: "y", lastEventId: "" }], []]);
});

Deno.test("A line without end and an event without end are refused before they fill the memory", () => {
  const chunk = "x".repeat(1024 * 1024);
  assertThrows(() => parse(...Array(9).fill(chunk)), RangeError, "characters");
  assertThrows(() => parse(...Array(9).fill(`data: ${chunk}\n`)), RangeError, "characters");
});
