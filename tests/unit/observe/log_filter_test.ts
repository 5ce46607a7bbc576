/** Which lines a filter lets through. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { NanoError } from "../../../runtime/errors.ts";
import type { LogFilter, LogLine } from "../../../runtime/observe/observations.ts";
import { LineFilter } from "../../../runtime/observe/log_filter.ts";
import { filter, line, lineOf, request } from "./log_lines.ts";

function taken(changes: Partial<LogFilter>, lines: readonly LogLine[]): number[] {
  const made = new LineFilter(filter(changes));
  return lines.filter((one) => made.takes(one)).map(({ id }) => id);
}

Deno.test("LineFilter lets everything through when nothing is restricted", () => {
  assertEquals(taken({}, [line(1), line(2, { kind: "life" }), lineOf(3), line(4, { level: "debug" })]), [1, 2, 3, 4]);
});

Deno.test("LineFilter takes a level and those above it; a request is as bad as its status", () => {
  const lines = [
    line(1, { level: "debug" }),
    line(2, { level: "info" }),
    line(3, { level: "warn" }),
    line(4, { level: "error" }),
    lineOf(5, { status: 302 }),
    lineOf(6, { status: 404 }),
    lineOf(7, { status: 503 }),
  ];
  assertEquals(taken({ level: "warn" }, lines), [3, 4, 6, 7]);
  assertEquals(taken({ level: "error" }, lines), [4, 7]);
});

Deno.test("LineFilter looks for text without case, in the line of a request too", () => {
  const lines = [line(1, { text: "Paid ÜBER" }), line(2), lineOf(3, { path: "/paid" }), lineOf(4)];
  assertEquals(taken({ text: "PAID" }, lines), [1, 3]);
  assertEquals(taken({ text: "über" }, lines), [1]);
  assertEquals(taken({ text: "3.1 ms" }, lines), [3, 4]);
  assertEquals(taken({ text: "" }, lines), [1, 2, 3, 4]);
});

Deno.test("LineFilter by status or method lets only requests through", () => {
  const lines = [
    line(1),
    lineOf(2, { status: 404 }),
    lineOf(3, { status: 500, method: "POST" }),
    lineOf(4, { status: 599 }),
    lineOf(5, { status: 400 }),
  ];
  assertEquals(taken({ status: "404" }, lines), [2]);
  assertEquals(taken({ status: "5xx" }, lines), [3, 4]);
  assertEquals(taken({ status: "4XX" }, lines), [2, 5]);
  assertEquals(taken({ method: "post" }, lines), [3]);
  assertEquals(taken({ method: "POST", status: "4xx" }, lines), []);
});

Deno.test("LineFilter takes kinds and the lines of one app", () => {
  const lines = [line(1), line(2, { kind: "exception" }), lineOf(3), line(4, { app: "b" }), lineOf(5, { app: "b" })];
  assertEquals(taken({ kinds: ["exception", "request"] }, lines), [2, 3, 5]);
  assertEquals(taken({ app: "b" }, lines), [4, 5]);
  assertEquals(
    [new LineFilter(filter({ kinds: ["console"] })), new LineFilter(filter())].map((one) => one.wantsRequests),
    [
      false,
      true,
    ],
  );
});

Deno.test("LineFilter samples the wanted share, evenly also over every other line", () => {
  for (const sample of [0.01, 0.1, 0.5]) {
    const made = new LineFilter(filter({ sample }));
    for (const step of [1, 2, 10]) {
      let count = 0;
      for (let id = 0; id < 100_000 * step; id += step) if (made.takesRequest(request(), id)) count++;
      assert(Math.abs(count / 100_000 - sample) < sample * 0.05, `${sample} of every ${step}: ${count}`);
    }
  }
});

Deno.test("LineFilter refuses a status and a sample that mean nothing", () => {
  for (const status of ["abc", "6xx", "40", "4x4", "4xx5", ""]) {
    assertThrows(() => new LineFilter(filter({ status })), NanoError, `status "${status}"`);
  }
  for (const sample of [0, -1, 1.01, NaN]) {
    assertThrows(() => new LineFilter(filter({ sample })), NanoError, `share of ${sample}`);
  }
});

Deno.test("The line of a request names what happened and holds its parts", () => {
  const { text, level, kind, request: parts } = lineOf(1, { method: "POST", status: 503, code: "APP_OVERLOADED" });
  assertEquals([text, level, kind], ["POST /cart 503 3.1 ms", "error", "request"]);
  assertEquals(parts, {
    method: "POST",
    path: "/cart",
    status: 503,
    durationMs: 3.14159,
    requestId: "r-1",
    code: "APP_OVERLOADED",
    end: "done",
  });
});
