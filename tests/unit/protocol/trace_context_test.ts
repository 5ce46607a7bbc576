/** Tests the reading of W3C trace contexts, with the rules of https://www.w3.org/TR/trace-context/. */
import { assertEquals } from "@std/assert";
import {
  formatTraceparent,
  leadingTrace,
  parseTraceparent,
  traceHeaders,
} from "../../../runtime/protocol/trace_context.ts";

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const SPAN = "b7ad6b7169203331";
const VALID = `00-${TRACE}-${SPAN}-01`;

Deno.test("parseTraceparent() reads a valid header, and one of a later version by its known parts", () => {
  const expected = { traceId: TRACE, spanId: SPAN, flags: 1 };
  assertEquals(parseTraceparent(VALID), expected);
  assertEquals(parseTraceparent(`01-${TRACE}-${SPAN}-01`), expected);
  assertEquals(parseTraceparent(`cc-${TRACE}-${SPAN}-01-what-the-future-brings`), expected);
  assertEquals(formatTraceparent(expected), VALID);
  assertEquals(formatTraceparent({ ...expected, flags: 0x1ff }), `00-${TRACE}-${SPAN}-ff`);
});

Deno.test("parseTraceparent() ignores whatever the standard calls invalid", () => {
  const invalid = [
    "",
    "00",
    `ff-${TRACE}-${SPAN}-01`,
    `00-${TRACE}-${SPAN}-01-more`,
    `00-${TRACE}-${SPAN}-01-`,
    `01-${TRACE}-${SPAN}-01more`,
    `00-${"0".repeat(32)}-${SPAN}-01`,
    `00-${TRACE}-${"0".repeat(16)}-01`,
    VALID.toUpperCase(),
    `00-${TRACE}-${SPAN}-1`,
    `00-${TRACE.slice(1)}-${SPAN}-01`,
    ` ${VALID}`,
    // What two headers become.
    `${VALID}, ${VALID}`,
  ];
  for (const value of invalid) assertEquals(parseTraceparent(value), null, JSON.stringify(value));
});

Deno.test("leadingTrace() takes a valid trace context from the front of a header block, and nothing else", () => {
  const rest = "host\na.test\ntracestate\nlate=1\n";
  assertEquals(leadingTrace(traceHeaders(VALID, "a=1") + rest), `traceparent\n${VALID}\ntracestate\na=1\n`);
  assertEquals(leadingTrace(traceHeaders(VALID, null) + rest), `traceparent\n${VALID}\n`);
  assertEquals(leadingTrace(traceHeaders("invalid", "a=1") + rest), null);
  assertEquals(leadingTrace(traceHeaders(null, "a=1") + rest), null);
  assertEquals(leadingTrace(rest), null);
  assertEquals(leadingTrace(""), null);
  assertEquals(leadingTrace("traceparent\n"), null);
  assertEquals(leadingTrace(`traceparent\n${VALID}\ntracestate\na=1`), null);
  assertEquals(traceHeaders(null, null), "");
});
