/** The admin listener on a real port. */
import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import { NanoError } from "../../../mod.ts";
import { AdminServer } from "../../../admin/server.ts";
import { FakeNano } from "./fake_nano.ts";

const OPTIONS = { hostname: "127.0.0.1", port: 0, token: "t0ken" };

Deno.test("AdminServer serves the admin API until it is disposed", async () => {
  const server = AdminServer.start(new FakeNano(), OPTIONS);
  assertMatch(server.url, /^http:\/\/127\.0\.0\.1:\d+$/);
  const response = await fetch(`${server.url}/admin/apps`, { headers: { authorization: "Bearer t0ken" } });
  assertEquals(response.status, 200);
  assertEquals((await response.json()).apps[0].name, "hello");
  await server[Symbol.asyncDispose]();
  const refused = await fetch(`${server.url}/livez`).then(() => "served", () => "refused");
  assertEquals(refused, "refused");
});

Deno.test("AdminServer names its address when the port is in use", async () => {
  await using first = AdminServer.start(new FakeNano(), OPTIONS);
  const port = Number(new URL(first.url).port);
  const error = assertThrows(() => AdminServer.start(new FakeNano(), { ...OPTIONS, port }), NanoError);
  assertEquals(
    (error as NanoError).message,
    `Cannot listen on 127.0.0.1:${port} for the admin API: the port is in use`,
  );
});

Deno.test("AdminServer lets an answer under way finish when it is disposed", async () => {
  const nano = new FakeNano();
  const { promise: asked, resolve: ask } = Promise.withResolvers<void>();
  const { promise: gate, resolve: open } = Promise.withResolvers<string>();
  nano.metrics = () => {
    ask();
    return gate;
  };
  const server = AdminServer.start(nano, OPTIONS);
  const answer = fetch(`${server.url}/metrics`, { headers: { authorization: "Bearer t0ken" } });
  await asked;
  const closed = server[Symbol.asyncDispose]();
  open("late_metric 1\n");
  assertEquals(await (await answer).text(), "late_metric 1\n");
  await closed;
});
