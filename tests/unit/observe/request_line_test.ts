/** The line of a request, whatever was remembered of the one before. */
import { assertEquals } from "@std/assert";
import type { RequestEvent } from "../../../runtime/terms/events.ts";
import { RequestLine } from "../../../runtime/observe/request_line.ts";

function plainly(event: RequestEvent, stamp: string): string {
  const { app, method, path, status, bytes, durationMs, requestId, end, code } = event;
  return JSON.stringify({
    ts: stamp,
    level: "info",
    event: "request",
    ...{ app, method, path, status, bytes },
    duration_ms: Math.round(durationMs * 1000) / 1000,
    request_id: requestId,
    end,
    ...(code === null ? {} : { code }),
  });
}

Deno.test("A request's line is what JSON.stringify makes of it, in any order of apps, paths, moments and durations", () => {
  const line = new RequestLine();
  const durations = [
    0,
    0.0004,
    0.001,
    0.0995,
    0.1,
    0.9996,
    1,
    1.05,
    12.345,
    999.9999,
    1e4 + 0.02,
    86_400_000 * 60 + 0.7,
  ];
  for (let at = 0; at < 3000; at++) {
    const pick = <T>(values: readonly T[], step: number) => values[Math.floor(at / step) % values.length]!;
    const event: RequestEvent = {
      event: "request",
      app: pick([null, "shop", 'a"b'], 7),
      method: pick(["GET", "POST"], 3),
      path: pick(["/", "/a\\b", "/ä\u0001"], 5),
      status: pick([200, 404], 2),
      bytes: at,
      durationMs: at % 2 === 0 ? pick(durations, 1) : at * 0.7371,
      requestId: `r-${at}`,
      end: pick(["done", "client_gone"], 11),
      code: pick([null, "APP_NOT_FOUND"], 13),
    };
    const stamp = pick(["2026-11-29T21:00:00.000Z", "2026-11-29T21:00:00.001Z"], 17);
    assertEquals(line.of(event, stamp), plainly(event, stamp));
  }
});
