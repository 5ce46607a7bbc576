/** Holds the load loop's counting against senders that answer, fail and hang. */
import { assertEquals, assertRejects } from "@std/assert";
import { sendRequests } from "../../support/requests.ts";

Deno.test("sendRequests() sends exactly the total, counts by status and bounds the concurrency", async () => {
  let inFlight = 0;
  let most = 0;
  const send = async (index: number) => {
    most = Math.max(most, ++inFlight);
    await Promise.resolve();
    inFlight--;
    return new Response("x", { status: index % 3 === 0 ? 503 : 200 });
  };
  const result = await sendRequests("", { concurrency: 4, total: 12, send });
  assertEquals(result, { total: 12, byStatus: { 200: 8, 503: 4 }, failures: [], failed: 0 });
  assertEquals(most, 4);
});

Deno.test("sendRequests() counts rejections, broken bodies and failed checks as failures", async () => {
  const broken = () => new Response(new ReadableStream({ start: (controller) => controller.error(new Error("cut")) }));
  const answers = [
    () => Promise.reject(new Error("refused")),
    () => Promise.resolve(broken()),
    () => Promise.resolve(new Response("wrong")),
  ];
  const result = await sendRequests("", {
    concurrency: 1,
    total: 3,
    send: (index) => answers[index]!(),
    check: (_response, body) => {
      if (body !== "right") throw new Error(`body "${body}"`);
    },
  });
  assertEquals(result.failed, 3);
  assertEquals(result.failures, [
    "request 0: Error: refused",
    "request 1: Error: cut",
    'request 2: Error: body "wrong"',
  ]);
});

Deno.test("sendRequests() gives up an answer that does not come", async () => {
  const send = (_index: number, signal: AbortSignal) =>
    new Promise<Response>((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
  const result = await sendRequests("", { concurrency: 2, total: 2, timeoutMs: 1, send });
  assertEquals(result.failed, 2);
  assertEquals(result.failures[0], "request 0: Error: no whole answer in time");
});

Deno.test("sendRequests() stops at the signal and awaits what is in flight", async () => {
  const stop = new AbortController();
  const send = (index: number) => {
    if (index === 5) stop.abort();
    return Promise.resolve(new Response("x"));
  };
  const result = await sendRequests("", { concurrency: 1, signal: stop.signal, send });
  assertEquals(result.byStatus, { 200: 6 });
});

Deno.test("sendRequests() refuses to run without an end", async () => {
  await assertRejects(() => sendRequests("", { concurrency: 1 }), Error, "give a total or a signal");
});
