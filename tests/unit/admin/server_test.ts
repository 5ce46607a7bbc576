/** The admin listener on a real port. */
import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { NanoError } from "../../../mod.ts";
import { AdminServer } from "../../../admin/server.ts";
import { EventStreams } from "../../../admin/streams/event_streams.ts";
import { FakeAdminTarget } from "../../support/fake_admin_target.ts";
import { RawConnection } from "../../support/raw_http.ts";
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
    `Cannot listen on 127.0.0.1:${port} for the admin API: another process listens there (--admin-port N takes another port)`,
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

/** Counts the timers that fire among those set from now on. */
class FiredTimers {
  fired = 0;
  readonly #native = globalThis.setTimeout;

  constructor() {
    const set = (run: () => void, ms?: number) =>
      this.#native(() => {
        this.fired++;
        run();
      }, ms);
    globalThis.setTimeout = set as typeof setTimeout;
  }

  restore(): void {
    globalThis.setTimeout = this.#native;
  }
}

const HOST = ["Host", "127.0.0.1"] as const;
const TOKEN_LINE = ["Authorization", "Bearer t0ken"] as const;

Deno.test("AdminServer ends its streams at once when it is disposed", async () => {
  const target = new FakeAdminTarget();
  const streams = new EventStreams();
  const server = AdminServer.start(target, { ...OPTIONS, streams });
  using connection = await RawConnection.open(server.url);
  await connection.request("GET", "/admin/logs?follow=1", [HOST, TOKEN_LINE]);
  assertEquals((await connection.readHead()).status, 200);
  await until(() => target.observations.followers === 1);
  // Waiting in vain would last until the timer for answers under way fires
  const timers = new FiredTimers();
  try {
    await server[Symbol.asyncDispose]();
  } finally {
    timers.restore();
  }
  assertEquals(timers.fired, 0);
  assertEquals([streams.size, target.observations.followers], [0, 0]);
});

Deno.test("AdminServer notices that the client of a stream has gone", async () => {
  const target = new FakeAdminTarget();
  const streams = new EventStreams();
  await using server = AdminServer.start(target, { ...OPTIONS, streams });
  const connection = await RawConnection.open(server.url);
  await connection.request("GET", "/admin/logs?follow=1", [HOST, TOKEN_LINE]);
  await connection.readHead();
  await until(() => target.observations.followers === 1);
  connection.close();
  await until(() => target.observations.followers === 0 && streams.size === 0);
});

Deno.test("AdminServer names the client's address in every change", async () => {
  const target = new FakeAdminTarget();
  await using server = AdminServer.start(target, OPTIONS);
  const response = await fetch(`${server.url}/admin/apps/app-1/restart`, {
    method: "POST",
    headers: { authorization: "Bearer t0ken" },
  });
  await response.body?.cancel();
  assertEquals(target.operations.entries[0]?.actor, "api 127.0.0.1");
});

Deno.test("AdminServer refuses foreign hosts and origins, wrong tokens and oversized bodies on the wire", async () => {
  const target = new FakeAdminTarget();
  await using server = AdminServer.start(target, OPTIONS);
  const status = async (
    method: string,
    path: string,
    headers: readonly (readonly [string, string])[],
    body = "",
  ) => {
    using connection = await RawConnection.open(server.url);
    await connection.request(method, path, headers, body);
    return (await connection.readHead()).status;
  };
  assertEquals(await status("GET", "/livez", [["Host", "evil.example"]]), 403);
  assertEquals(await status("POST", "/admin/reload", [HOST, TOKEN_LINE, ["Origin", "http://evil.example"]]), 403);
  assertEquals(await status("GET", "/admin/apps", [HOST]), 401);
  for (
    const path of ["/admin/apps/%2e%2e/config", "/admin/apps/%00", "/%2fadmin/apps", "/admin/apps/app-1%2frestart"]
  ) {
    assertEquals(await status("GET", path, [HOST]), 401, path);
    assertEquals(await status("GET", path, [HOST, TOKEN_LINE]), 404, path);
  }
  const json = [HOST, TOKEN_LINE, ["Content-Type", "application/json"]] as const;
  assertEquals(await status("POST", "/admin/apps", [...json, ["Content-Length", "99999999"]]), 413);
  const endless = [...json, ["Transfer-Encoding", "chunked"]] as const;
  const chunk = `${(2 ** 20 + 1).toString(16)}\r\n${"x".repeat(2 ** 20 + 1)}\r\n0\r\n\r\n`;
  assertEquals(await status("POST", "/admin/apps", endless, chunk), 413);
  for (let turn = 0; turn < 10; turn++) {
    await status("GET", "/admin/apps", [HOST, ["Authorization", `Bearer no ${turn}`]]);
  }
  assertEquals(await status("GET", "/admin/apps", [HOST, ["Authorization", "Bearer nor this"]]), 429);
  assertEquals(await status("GET", "/admin/apps", [HOST, TOKEN_LINE]), 200);
  assertEquals(target.operations.entries, []);
});

Deno.test("AdminServer takes an upload that is cut for the client's fault, and changes nothing", async () => {
  const target = new FakeAdminTarget();
  const reported: unknown[] = [];
  let failure: unknown = null;
  const { deploy } = target.operations.versions;
  target.operations.versions.deploy = (...args) =>
    deploy(...args).catch((error) => {
      failure = error;
      throw error;
    });
  await using server = AdminServer.start(target, { ...OPTIONS, report: (error) => reported.push(error) });
  const connection = await RawConnection.open(server.url);
  const headers = [HOST, TOKEN_LINE, ["Content-Type", "application/zip"], ["Content-Length", "1000"]] as const;
  await connection.request("POST", "/admin/apps/app-1/versions", headers, "PK\x03\x04");
  connection.close();
  await until(() => failure !== null);
  assertEquals([(failure as NanoError).code, reported], ["BAD_REQUEST", []]);
  assertEquals(target.operations.entries, []);
});

Deno.test("AdminServer serves the dashboard to browsers", async () => {
  await using server = AdminServer.start(new FakeAdminTarget(), OPTIONS);
  const response = await fetch(server.url, { headers: { accept: "text/html" } });
  assertEquals([response.status, response.redirected, new URL(response.url).pathname], [200, true, "/login"]);
  assertMatch(await response.text(), /<form method="post" action="\/login"/);
  assert(!response.headers.get("content-security-policy")!.includes("unsafe"));
});

async function until(condition: () => boolean): Promise<void> {
  const deadline = performance.now() + 120_000;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error("The condition did not come true within 120 s");
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
