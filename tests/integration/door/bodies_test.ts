/** Holds large bodies both ways: whole and right, with slow readers on either side, in bounded memory. */
import { assert, assertEquals } from "@std/assert";
import { createHash } from "node:crypto";
import { NanoProcess } from "../../support/nano_process.ts";
import { RawConnection } from "../../support/raw_http.ts";
import { TempProject } from "../../support/temp_project.ts";
import { growthDuring, residentBytes } from "./process_memory.ts";

const MB = 1024 * 1024;
const BODY_BYTES = 100 * MB;
const CHUNK_BYTES = 64 * 1024;
/** Read as fast as it comes on a busy machine, 100 MB were once all dead and not yet collected: only more can show it. */
const LARGE_BYTES = 400 * MB;
/** Of one body, when both heaps have found their size: what is dead and not yet collected lies in here too. */
const GROWTH_LIMIT = 90 * MB;
/** The same of a large one: half of it. */
const LARGE_GROWTH_LIMIT = 200 * MB;
/** Of all seven transfers of 1 GB together: the process levels off and does not grow with what passes through it. */
const TOTAL_GROWTH_LIMIT = 600 * MB;
/** Uploads in chunks cost Deno the more the longer they wait: on a busy machine 100 MB were once not over after 2 minutes. */
const TIMEOUT_MS = 900_000;

/** The digest of what app large_bodies sends, and of what is sent to it. */
function expectedDigest(totalBytes: number): string {
  const hash = createHash("sha256");
  for (let number = 0; number < totalBytes / CHUNK_BYTES; number++) {
    hash.update(new Uint8Array(CHUNK_BYTES).fill(number));
  }
  return hash.digest("hex");
}

/** Waits without occupying anything: the slow reader of these tests is slow by the clock. */
function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Downloads and digests; pauses so often that the sender runs into a full socket again and again. */
async function download(nano: NanoProcess, totalBytes: number, pauseEvery: number): Promise<string> {
  const target = `/down?bytes=${totalBytes}`;
  using connection = await RawConnection.open(nano.url, { timeoutMs: TIMEOUT_MS });
  await connection.request("GET", target, [["Host", "bodies"], ["Connection", "close"]]);
  const head = await connection.readHead();
  assertEquals([head.status, head.get("content-length")], [200, String(totalBytes)]);
  const hash = createHash("sha256");
  let bytes = 0;
  let pauseAt = pauseEvery;
  for (let part = await connection.readSome(MB); part !== null; part = await connection.readSome(MB)) {
    hash.update(part);
    bytes += part.byteLength;
    if (pauseEvery === 0 || bytes < pauseAt) continue;
    pauseAt += pauseEvery;
    await pause(20);
  }
  assertEquals(bytes, totalBytes);
  return hash.digest("hex");
}

async function upload(nano: NanoProcess, target: string, chunked: boolean): Promise<void> {
  using connection = await RawConnection.open(nano.url, { timeoutMs: TIMEOUT_MS });
  const framing = chunked ? ["Transfer-Encoding", "chunked"] as const : ["Content-Length", `${BODY_BYTES}`] as const;
  await connection.request("POST", target, [["Host", "bodies"], framing]);
  for (let number = 0; number < BODY_BYTES / CHUNK_BYTES; number++) {
    const chunk = new Uint8Array(CHUNK_BYTES).fill(number);
    // One write each: with three, the network would wait for acknowledgements in between
    await connection.send(chunked ? framed(chunk) : chunk);
  }
  if (chunked) await connection.send("0\r\n\r\n");
  const response = await connection.readResponse();
  assertEquals(response.status, 200, response.text);
  assertEquals(JSON.parse(response.text), { bytes: BODY_BYTES, sha256: expectedDigest(BODY_BYTES) });
}

function framed(chunk: Uint8Array): Uint8Array {
  const head = new TextEncoder().encode(`${chunk.byteLength.toString(16)}\r\n`);
  const whole = new Uint8Array(head.byteLength + chunk.byteLength + 2);
  whole.set(head);
  whole.set(chunk, head.byteLength);
  whole.set([13, 10], head.byteLength + chunk.byteLength);
  return whole;
}

Deno.test("Bodies of 100 MB arrive whole in both directions, and nobody holds them in memory", async (t) => {
  await using project = await TempProject.create({
    bodies: { fixture: "large_bodies", config: { max_body_bytes: BODY_BYTES, timeout_ms: TIMEOUT_MS } },
  });
  await using nano = await NanoProcess.start(project.configFile);
  const atStart = residentBytes(nano.pid);
  // The heaps find their size
  await download(nano, BODY_BYTES, 0);
  await upload(nano, "/up", false);

  const cases: Readonly<Record<string, () => Promise<void>>> = {
    "400 MB down, read as fast as it comes": async () =>
      assertEquals(await download(nano, LARGE_BYTES, 0), expectedDigest(LARGE_BYTES)),
    "100 MB down to a slow reader": async () =>
      assertEquals(await download(nano, BODY_BYTES, 2 * MB), expectedDigest(BODY_BYTES)),
    "100 MB up with a length": () => upload(nano, "/up", false),
    "100 MB up in chunks": () => upload(nano, "/up", true),
    "100 MB up to an app that reads slowly": () => upload(nano, `/up?pause_every=${2 * MB}`, false),
  };
  for (const [name, run] of Object.entries(cases)) {
    await t.step(name, async () => {
      const totalBytes = name.startsWith("400 MB") ? LARGE_BYTES : BODY_BYTES;
      const startedAt = performance.now();
      const growth = await growthDuring(nano.pid, run);
      const seconds = (performance.now() - startedAt) / 1000;
      console.log(
        `${name}: ${(totalBytes / MB / seconds).toFixed(0)} MB/s, process grew by ${
          (growth / MB).toFixed(1)
        } MB at most`,
      );
      // Chunks arrive as views of buffers twice their size, and the garbage alone may reach the limit: see the total
      const limit = totalBytes === LARGE_BYTES ? LARGE_GROWTH_LIMIT : GROWTH_LIMIT;
      if (!name.includes("chunks")) assert(growth < limit, `grew by ${growth / MB} MB`);
    });
  }

  await t.step("nothing stays behind", () => {
    const growth = residentBytes(nano.pid) - atStart;
    console.log(`after 7 transfers of 1 GB the process is ${(growth / MB).toFixed(1)} MB larger than at its start`);
    assert(growth < TOTAL_GROWTH_LIMIT, `grew by ${growth / MB} MB`);
  });

  await t.step("a reader that stops makes the app stop: it is not far ahead of what was read", async () => {
    using connection = await RawConnection.open(nano.url, { timeoutMs: TIMEOUT_MS });
    await connection.request("GET", `/down-chunked?bytes=${2000 * MB}&id=stopped`, [["Host", "bodies"]]);
    await connection.readHead();
    connection.close();
    const fate = await untilFate(nano, "stopped", /^cancelled after/);
    const sent = Number(fate.split(" ").at(-1));
    console.log(`a reader that stops at once: the app was ${(sent / MB).toFixed(1)} MB ahead`);
    assert(sent < 40 * MB, fate);
  });
});

/** Asks the app until what it tells of a request fits. */
async function untilFate(nano: NanoProcess, id: string, wanted: RegExp): Promise<string> {
  const deadline = Date.now() + 120_000;
  for (;;) {
    const fate = await (await nano.fetch("bodies", `/fate?id=${id}`)).text();
    if (wanted.test(fate)) return fate;
    if (Date.now() > deadline) throw new Error(`Request ${id} is still "${fate}", wanted ${wanted}`);
    await pause(10);
  }
}
