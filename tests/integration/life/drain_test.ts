/** Going away: what is in flight finishes, nothing new begins, what takes too long is cut, the exit code tells. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { NanoProcess } from "../../support/nano_process.ts";
import { RawConnection, type RawResponse } from "../../support/raw_http.ts";
import { TempProject } from "../../support/temp_project.ts";
import { ADMIN, readyz } from "./admin_client.ts";
import { until } from "./until.ts";

const WHOLE_STREAM = Array.from({ length: 10 }, (_, part) => `part ${part};`).join("");

async function slowProject(config: Readonly<Record<string, unknown>> = {}): Promise<TempProject> {
  return await TempProject.create(
    { slow: { fixture: "slow" }, other: { fixture: "announce" } },
    { admin: ADMIN, ...config },
  );
}

async function send(nano: NanoProcess, path: string): Promise<RawConnection> {
  const connection = await RawConnection.open(nano.url);
  await connection.request("GET", path, [["Host", "slow"]]);
  return connection;
}

/** Sends a request and waits until the app has it. */
async function sendSlow(nano: NanoProcess, ms: number): Promise<RawConnection> {
  const from = nano.events.length;
  const connection = await send(nano, `/slow?ms=${ms}`);
  await nano.waitForEvent(({ event }) => event === "app_log", undefined, from);
  return connection;
}

Deno.test("SIGTERM lets a stream and a slow request finish, and begins nothing new", async () => {
  await using project = await slowProject();
  await using nano = await NanoProcess.start(project.configFile);
  using idle = await RawConnection.open(nano.url);
  await idle.request("GET", "/", [["Host", "slow"]]);
  assertEquals((await idle.readResponse()).get("connection"), null);
  using stream = await send(nano, "/stream?parts=10&ms=200");
  const streamHead = await stream.readHead();
  assertEquals(streamHead.status, 200);
  using slow = await sendSlow(nano, 1500);

  nano.signal("SIGTERM");
  const start = await nano.waitForEvent(({ event }) => event === "drain_start");
  assertEquals(start["in_flight"], 2);
  const ready = await readyz(nano);
  assertEquals([ready.httpStatus, ready.status], [503, "draining"]);
  await assertRejects(async () => {
    using late = await RawConnection.open(nano.url, { timeoutMs: 5_000 });
    await late.request("GET", "/", [["Host", "slow"]]);
    await late.readResponse();
  });

  const answer = await slow.readResponse();
  assertEquals([answer.status, answer.text, answer.get("connection")], [200, "slow but whole", "close"]);
  const body = await readChunkedRest(stream);
  assertEquals(body, WHOLE_STREAM);
  const { code } = await nano.status();
  assertEquals(code, 0);
  const complete = nano.events.find(({ event }) => event === "drain_complete")!;
  assertEquals([complete["drained_requests"], complete["forced_closed"]], [2, 0]);
  const stop = nano.events.find(({ event }) => event === "server_stop")!;
  assertEquals([stop["exit_code"], stop["cause"]], [0, "SIGTERM"]);
});

/** What is left of a chunked body after its head was read. */
async function readChunkedRest(connection: RawConnection): Promise<string> {
  let text = "";
  const decoder = new TextDecoder();
  for (let part = await connection.readSome(65_536); part; part = await connection.readSome(65_536)) {
    text += decoder.decode(part, { stream: true });
  }
  assert(text.endsWith("0\r\n\r\n"), `the stream has no last chunk: ${JSON.stringify(text.slice(-80))}`);
  return text.split("\r\n").filter((_, line) => line % 2 === 1).join("");
}

Deno.test("what is unfinished at the deadline is cut, and the exit code is 1", async () => {
  await using project = await slowProject({ drain_timeout_ms: 700 });
  await using nano = await NanoProcess.start(project.configFile);
  using stream = await send(nano, "/stream?parts=1000&ms=100");
  await stream.readHead();
  using slow = await sendSlow(nano, 60_000);
  nano.signal("SIGTERM");
  const [answer, streamed] = await Promise.all([slow.readResponse(), readUntilCut(stream)]);
  assertEquals([answer.status, answer.get("nano-error")], [503, "APP_DRAINING"]);
  assert(!streamed.endsWith("0\r\n\r\n"), "a cut stream looks whole");
  const { code } = await nano.status();
  assertEquals(code, 1);
  const complete = nano.events.find(({ event }) => event === "drain_complete")!;
  assertEquals([complete["drained_requests"], complete["forced_closed"]], [0, 2]);
});

/** Reads to the end of the connection, whether it was closed or reset. */
async function readUntilCut(connection: RawConnection): Promise<string> {
  let text = "";
  try {
    for (let part = await connection.readSome(65_536); part; part = await connection.readSome(65_536)) {
      text += new TextDecoder().decode(part);
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.ConnectionReset)) throw error;
  }
  return text;
}

Deno.test("a second signal ends at once", async () => {
  // Waiting for the drain would outlast the deadline of the wait below
  await using project = await slowProject({ drain_timeout_ms: 3_600_000 });
  await using nano = await NanoProcess.start(project.configFile);
  using _slow = await sendSlow(nano, 60_000);
  nano.signal("SIGTERM");
  await nano.waitForEvent(({ event }) => event === "drain_start");
  nano.signal("SIGTERM");
  assertEquals((await nano.status()).code, 1);
});

Deno.test("SIGTERM waits for work that outlives its answer", async () => {
  await using project = await slowProject();
  await using nano = await NanoProcess.start(project.configFile);
  assertEquals(await (await nano.fetch("slow", "/later?ms=1000")).text(), "answered");
  assertEquals(nano.events.filter(({ event }) => event === "app_log"), []);
  assertEquals((await nano.stop()).code, 0);
  assertEquals(nano.events.filter((record) => record["text"] === "late work done").length, 1);
});

Deno.test("a removed app finishes what it holds, says that it drains, then is gone", async () => {
  await using project = await slowProject();
  await using nano = await NanoProcess.start(project.configFile);
  using slow = await sendSlow(nano, 2500);
  assertEquals(await (await nano.fetch("slow", "/later?ms=1000")).text(), "answered");
  await project.removeApp("slow");
  await nano.waitForEvent((record) => record.event === "app_drain_start" && record["app"] === "slow");
  const refused = await nano.fetch("slow");
  await refused.body?.cancel();
  assertEquals([refused.status, refused.headers.get("nano-error")], [503, "APP_DRAINING"]);
  assert(refused.headers.has("retry-after"));
  const other = await nano.fetch("other");
  await other.body?.cancel();
  assertEquals(other.status, 200);

  const answer: RawResponse = await slow.readResponse();
  assertEquals([answer.status, answer.text], [200, "slow but whole"]);
  const drained = await nano.waitForEvent((record) => record.event === "app_drained" && record["app"] === "slow");
  assertEquals(drained["forced_closed"], 0);
  assertEquals(nano.events.filter((record) => record["text"] === "late work done").length, 1);
  await until(async () => {
    const gone = await nano.fetch("slow");
    await gone.body?.cancel();
    return gone.status === 404 && gone.headers.get("nano-error") === "APP_NOT_FOUND";
  }, "the removed app's host is unknown");
});

Deno.test("a reload lets the old version finish what it holds", async () => {
  await using project = await slowProject();
  await using nano = await NanoProcess.start(project.configFile);
  using stream = await send(nano, "/stream?parts=10&ms=200");
  await stream.readHead();
  using slow = await sendSlow(nano, 1500);
  await project.setApp("slow", { fixture: "announce" });
  await nano.waitForEvent(({ event }) => event === "config_reload");
  const fresh = await (await nano.fetch("slow")).json();
  assert(typeof fresh.id === "string", "the new version answers while the old one drains");
  assertEquals((await slow.readResponse()).text, "slow but whole");
  const rest = new TextDecoder().decode(await readBytes(stream, WHOLE_STREAM.length));
  assert(rest.includes("part 9;") && rest.endsWith("0\r\n\r\n"), rest);
  const drained = await nano.waitForEvent(({ event }) => event === "app_drained");
  assertEquals([drained["app"], drained["forced_closed"]], ["slow", 0]);
});

/** Reads until the last chunk has come; the connection stays open for more requests. */
async function readBytes(connection: RawConnection, atLeast: number): Promise<Uint8Array> {
  const bytes: number[] = [];
  while (bytes.length < atLeast || !new TextDecoder().decode(new Uint8Array(bytes.slice(-5))).endsWith("0\r\n\r\n")) {
    const part = await connection.readSome(65_536);
    if (part === null) break;
    bytes.push(...part);
  }
  return new Uint8Array(bytes);
}
