/** An app's fetch, WebSocket and EventSource towards a server, through the wall and the host, under each policy. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { NanoProcess } from "../../support/nano_process.ts";
import { TempProject } from "../../support/temp_project.ts";
import { RawConnection } from "../../support/raw_http.ts";
import { growthDuring } from "../door/process_memory.ts";
import { until } from "../life/until.ts";
import { FETCH_APP } from "./fetch_app.ts";
import { startUpstream, type Upstream } from "./upstream.ts";

const MB = 1024 * 1024;
const GROWTH_LIMIT = 160 * MB;

interface Failure {
  readonly error: string;
  readonly message: string;
  readonly isTypeError: boolean;
}

interface Scene {
  readonly nano: NanoProcess;
  readonly upstream: Upstream;
  // deno-lint-ignore no-explicit-any
  run(path: string, app?: string): Promise<any>;
}

function assertTypeError(failure: Failure, ...parts: string[]): void {
  assertEquals([failure.error, failure.isTypeError], ["TypeError", true], failure.message);
  for (const part of parts) assertStringIncludes(failure.message, part);
}

const CASES: Readonly<Record<string, (scene: Scene) => Promise<void>>> = {
  "every method arrives with its body": async ({ run }) => {
    const methods = ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"].map((method) => [method, "b"]);
    assertEquals(await run("methods"), [["GET", ""], ...methods, [200, true]]);
  },
  "headers arrive, the Host is the target's, the user agent NANO's unless the app names one": async (scene) => {
    const [list, own, host, agent] = await scene.run("headers");
    assertEquals([list, own, host], ["1, 2", "own/1", new URL(scene.upstream.url).host]);
    assertStringIncludes(agent, "NANO/");
  },
  "bodies of every kind arrive with their type": async ({ run }) => {
    assertEquals(await run("bodies"), [
      ["text ü", "text/plain"],
      ["a=1+2", "application/x-www-form-urlencoded"],
      ["blob", "x/y"],
      ["bytes", "none"],
      ["buffer", "none"],
      [true, "multipart/form-data"],
      ["stream", "none"],
    ]);
  },
  "a body whose length is known goes out with it, also a second time; a stream of no known length goes out in chunks":
    async ({ run }) => {
      const [text, search, bytes, blob, big, form, stream, known, ...again] = await run("lengths");
      assertEquals([text, search, bytes, blob, big], [["7", 7], ["3", 3], ["5", 5], ["4", 4], ["2000000", 2_000_000]]);
      assertEquals([form[0], form[1] > 3_000_000], [String(form[1]), true]);
      assertEquals([stream, known], [["chunked", 1], ["2", 2]]);
      assertEquals(again, [7, 3, 5, 4, 2_000_000, form[1]]);
    },
  "a response has its URL, type, cookies and can be cloned": async ({ run, upstream }) => {
    const cookies = ["a=1", "b=2"];
    const url = `${upstream.url}/cookies`;
    assertEquals(
      await run("response"),
      ["basic", true, url, false, cookies, "1", "x", "x", true, true, "TypeError"],
    );
  },
  "redirects are followed, shown or refused as the mode says": async ({ run, upstream }) => {
    const { follow, kept, manual, error, loop, streamed, ...rest } = await run("redirects");
    assertEquals(follow, [`${upstream.url}/echo`, true, "GET", "", "1"]);
    assertEquals(kept, ["POST", "b"]);
    assertEquals(manual, [302, `${upstream.url}/echo`, false, "moved"]);
    assertTypeError(error, "redirect");
    assertTypeError(loop, "20 redirects");
    assertTypeError(streamed, "streamed body");
    // A Blob that is too long to be kept is sent again all the same.
    const again = (method: string) => [method, 3_000_000, "789", "text/big", true, true];
    const dropped = ["GET", 0, "", null, true, true];
    assertEquals(rest.big, [again("POST"), again("PUT"), again("PUT"), dropped, dropped]);
    assertEquals([rest.bigTwice, rest.bigPlain], [3_000_000, 3_000_000]);
    assertTypeError(rest.bigLoop, "20 redirects");
    assertTypeError(rest.bigError, "redirect");
    assertEquals(rest.bigManual, [307, false, "moved"]);
  },
  "codings that the host knows are undone, others stay and are named": async ({ run }) => {
    assertEquals(await run("codings"), ["unpacked", null, "as it is", "rot13", "gzip"]);
  },
  "statuses with and without a body": async ({ run }) => {
    assertEquals(await run("statuses"), [[204, true, ""], [304, false, ""], [404, false, ""], [500, false, ""]]);
  },
  "a data URL holds its own answer": async ({ run }) => {
    assertEquals(await run("data"), [200, "text/plain", "hello"]);
  },
  "what cannot be fetched is a TypeError that says why": async ({ run }) => {
    const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = listener.addr as Deno.NetAddr;
    listener.close();
    const [closed, ftp, file, credentials, body, unknown] = await run(`errors?closed=${port}`);
    assertTypeError(closed, `127.0.0.1:${port}`, "ECONNREFUSED");
    assertTypeError(ftp, '"ftp:"');
    assertTypeError(file, "file:", "ENOENT");
    assertTypeError(credentials);
    assertTypeError(body);
    assertTypeError(unknown, "does-not-exist.invalid");
  },
  "an abort ends the request before its head and within its body": async ({ run, upstream }) => {
    const [before, head, body, late] = await run("aborted");
    assertEquals(before.message, "own reason");
    assertEquals([head.error, body.error, late.error], ["AbortError", "AbortError", "TimeoutError"]);
    await until(() => upstream.seen.includes("client gone"), "the upstream hears of the abort");
    await until(() => upstream.seen.some((one) => one.startsWith("cancelled after")), "the upstream stops");
  },
  "a body that is cancelled stops the sender": async ({ run, upstream }) => {
    upstream.seen.length = 0;
    assertEquals(await run("cancelled"), "cancelled");
    await until(() => upstream.seen.some((one) => one.startsWith("cancelled after")), "the upstream stops");
  },
  "a body that is read slowly holds the sender back": async ({ nano, run, upstream }) => {
    upstream.seen.length = 0;
    const growth = await growthDuring(nano.pid, async () => void await run("slow"));
    const told = await until(() => upstream.seen.find((one) => one.startsWith("cancelled after")), "its end");
    const ahead = Number(told.split(" ")[2]);
    console.log(`a slow reader: the sender was ${ahead} MB ahead, process grew by ${(growth / MB).toFixed(1)} MB`);
    assert(ahead < 40, told);
  },
  "a streamed upload of 100 MB arrives whole": async ({ nano, run }) => {
    const startedAt = performance.now();
    const growth = await growthDuring(nano.pid, async () => assertEquals(await run("upload"), String(100 * MB)));
    const seconds = (performance.now() - startedAt) / 1000;
    console.log(`100 MB up: ${(100 / seconds).toFixed(0)} MB/s, process grew by ${(growth / MB).toFixed(1)} MB`);
    assert(growth < GROWTH_LIMIT, `grew by ${growth / MB} MB`);
  },
  "an upload whose source breaks fails on both sides": async ({ run, upstream }) => {
    assertTypeError(await run("broken"), "Cannot fetch");
    await until(() => upstream.seen.includes("upload broke off"), "the upstream hears of it");
  },
  "100 MB through a proxying app, down and up": async ({ nano }) => {
    const down = await growthDuring(nano.pid, async () => {
      const response = await nano.fetch("any", `/proxy?to=${encodeURIComponent(`/bytes?bytes=${100 * MB}`)}`);
      let bytes = 0;
      for await (const chunk of response.body!) bytes += chunk.byteLength;
      assertEquals(bytes, 100 * MB);
    });
    const up = await growthDuring(nano.pid, async () => {
      using connection = await RawConnection.open(nano.url, { timeoutMs: 60_000 });
      await connection.request("POST", "/proxy?to=/count", [["Host", "any"], ["Content-Length", `${100 * MB}`]]);
      const chunk = new Uint8Array(64 * 1024);
      for (let at = 0; at < 1600; at++) await connection.send(chunk);
      const { status, text } = await connection.readResponse();
      assertEquals([status, text], [200, String(100 * MB)]);
    });
    console.log(`proxied 100 MB: grew by ${(down / MB).toFixed(1)} MB down, ${(up / MB).toFixed(1)} MB up`);
    assert(Math.max(up, down) < GROWTH_LIMIT);
  },
  "256 requests at once are the most, and each end makes room": async ({ run }) => {
    const [beyond, ended, after] = await run("many");
    assertTypeError(beyond, "256");
    assertEquals([ended, after], [256, "hello"]);
  },
  "an EventSource reads events, reconnects with the last id, and stops at a 204": async ({ run, upstream }) => {
    upstream.seen.length = 0;
    assertEquals(await run("events"), [
      ["open", 1],
      ["one", "1", true],
      ["named", "two\nthree", "1"],
      ["error", 0],
      ["open", 1],
      ["after", "8", true],
      ["error", 0],
      ["error", 2],
    ]);
    // What the stream broke off within is no event, but an id counts only with the event that ends its block.
    assertEquals(upstream.seen, ["events -", "events 1", "events 8"]);
  },
  "an outgoing WebSocket sends, receives and closes": async ({ run }) => {
    assertEquals(await run("socket"), [0, "open ", "text", 2, MB, [4004, "as asked", true]]);
    assertEquals((await run("socket?protocols=a,b&more=?protocol=b"))[1], "open b");
  },
  "a WebSocket that cannot connect fires error and close 1006": async ({ run }) => {
    assertEquals(await run("socket?more=/../nothing"), [0, "error", [1006, "", false]]);
  },
  "a WebSocket with a wrong URL or subprotocol throws": async ({ run }) => {
    assertEquals(await run("invalid"), Array(5).fill("SyntaxError"));
  },
  'the policies "public", "none" and a list refuse it and say so': async ({ nano, run, upstream }) => {
    upstream.seen.length = 0;
    assertTypeError(await run("methods", "public"), '"public"');
    assertTypeError(await run("methods", "none"), '"none"');
    assertTypeError(await run("methods", "other"), "list of hosts");
    assertEquals((await run("methods", "listed"))[0], ["GET", ""]);
    for (const app of ["public", "none", "other"]) {
      assertEquals(await run("socket", app), [0, "error", [1006, "", false]]);
      await nano.waitForEvent(({ event, app: of, text }) =>
        event === "app_log" && of === app && String(text).startsWith("Cannot connect to")
      );
    }
    assertEquals(upstream.seen, []);
  },
  "the end of an isolate ends its requests and sockets": async ({ run, upstream, nano }) => {
    assertEquals(await run("hold"), "held");
    await until(() => upstream.seen.includes("waits"), "the request is there");
    const ended = await nano.fetch("any", "/memory");
    assertEquals(ended.status, 503);
    await ended.body?.cancel();
    await until(() => upstream.seen.includes("client gone"), "the request is aborted");
    await until(() => upstream.seen.some((one) => one.startsWith("socket closed")), "the socket is closed");
  },
};

Deno.test("What apps fetch", async (t) => {
  await using upstream = startUpstream();
  const policies = { any: "any", public: "public", none: "none", listed: ["127.0.0.1"], other: ["api.test"] };
  const apps = Object.entries(policies).map(([name, outbound]) => {
    const config = { outbound, memory_mb: 64, external_mb: 256, max_body_bytes: 200 * MB };
    return [name, { files: FETCH_APP, config: { ...config, env: { UPSTREAM: upstream.url } } }];
  });
  await using project = await TempProject.create(Object.fromEntries(apps));
  await using nano = await NanoProcess.start(project.configFile);
  const run = async (path: string, app = "any") => {
    const response = await nano.fetch(app, `/${path}`);
    const text = await response.text();
    assertEquals(response.status, 200, text);
    return JSON.parse(text);
  };
  for (const [name, test] of Object.entries(CASES)) await t.step(name, () => test({ nano, upstream, run }));
});
