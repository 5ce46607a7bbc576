/** Holds what happens when one side goes away: the other one hears of it, and nothing cut looks whole. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { NanoProcess } from "../../support/nano_process.ts";
import { ConnectionClosed, RawConnection } from "../../support/raw_http.ts";
import { TempProject } from "../../support/temp_project.ts";

const MB = 1024 * 1024;
const DEADLINE_MS = 120_000;

/** Asks the app until what it tells of a request fits. */
async function untilFate(nano: NanoProcess, id: string, wanted: RegExp): Promise<string> {
  const deadline = Date.now() + DEADLINE_MS;
  for (;;) {
    const fate = await (await nano.fetch("app", `/fate?id=${id}`)).text();
    if (wanted.test(fate)) return fate;
    if (Date.now() > deadline) throw new Error(`Request ${id} is still "${fate}", wanted ${wanted}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

Deno.test("When one side of a request goes away, the other hears of it", async (t) => {
  await using project = await TempProject.create({
    app: { fixture: "large_bodies", config: { timeout_ms: 60_000, drain_timeout_ms: 200 } },
  });
  await using nano = await NanoProcess.start(project.configFile);
  const open = () => RawConnection.open(nano.url);
  const host = ["Host", "app"] as const;

  await t.step("a client that leaves before the head aborts request.signal", async () => {
    using connection = await open();
    await connection.request("GET", "/wait?id=left", [host]);
    await untilFate(nano, "left", /^waiting$/);
    connection.close();
    assertEquals(await untilFate(nano, "left", /^aborted/), "aborted AbortError");
  });

  await t.step("a client that leaves before the head of an upload aborts request.signal too", async () => {
    using connection = await open();
    await connection.request("POST", "/wait?id=left-up", [host, ["Content-Length", "1000000"]], "some");
    await untilFate(nano, "left-up", /^waiting$/);
    connection.close();
    assertEquals(await untilFate(nano, "left-up", /^aborted/), "aborted AbortError");
  });

  for (const path of ["/down", "/down-chunked"]) {
    await t.step(`a client that leaves in the middle of ${path} cancels the app's stream`, async () => {
      using connection = await open();
      await connection.request("GET", `${path}?bytes=${1000 * MB}&id=${path}`, [host]);
      assertEquals((await connection.readHead()).status, 200);
      for (let bytes = 0; bytes < MB;) bytes += (await connection.readSome(65_536))!.byteLength;
      await untilFate(nano, path, /^sending$/);
      connection.close();
      await untilFate(nano, path, /^cancelled after/);
    });
  }

  for (const framing of [["Content-Length", String(50 * MB)], ["Transfer-Encoding", "chunked"]] as const) {
    await t.step(
      `a client that leaves in the middle of an upload by ${framing[0]} makes the app's read fail`,
      async () => {
        using connection = await open();
        const id = framing[0];
        await connection.request("POST", `/up?pause_every=0&id=${id}`, [host, framing]);
        const part = "x".repeat(MB);
        await connection.send(id === "Content-Length" ? part : `${MB.toString(16)}\r\n${part}\r\n`);
        await untilFate(nano, id, /^reading$/);
        connection.close();
        const fate = await untilFate(nano, id, /^(failed|read$)/);
        assert(fate.startsWith("failed"), `the app took a cut body for whole: ${fate}`);
      },
    );
  }

  for (const bytes of [0, 1000, 3 * MB]) {
    await t.step(`a stream that fails after ${bytes} bytes reaches the client cut`, async () => {
      using connection = await open();
      await connection.request("GET", `/fails?bytes=${Math.min(bytes, 200_000)}`, [host]);
      const response = await connection.readResponse();
      assertEquals([response.status, response.truncated], [200, true]);
      // And the connection is of no use any more
      await assertRejects(async () => {
        await connection.request("GET", "/fate?id=x", [host]);
        await connection.readHead();
      });
    });
  }

  await t.step("a cut stream stands in the app's log", async () => {
    const record = await nano.waitForEvent(({ event, text }) =>
      event === "app_log" && String(text).includes("the app's stream broke")
    );
    assertEquals([record["app"], record["level"]], ["app", "error"]);
  });

  for (const path of ["/ignore", "/ignore-later"]) {
    await t.step(`${path}: an upload that the app does not read is answered at once`, async () => {
      using connection = await open();
      await connection.request("POST", path, [host, ["Content-Length", String(90 * MB)]], "the beginning");
      const response = await connection.readResponse();
      assertEquals([response.status, response.text], [200, "not read"]);
    });

    await t.step(
      `${path}: the same while the client keeps sending, and small unread bodies keep the connection`,
      async () => {
        using connection = await open();
        await connection.request("POST", path, [host, ["Content-Length", String(90 * MB)]]);
        const part = new Uint8Array(MB);
        // The sender may meet a closed connection: the answer is what counts
        const sending = (async () => {
          for (let sent = 0; sent < 90; sent++) await connection.send(part);
        })().catch((error) => assert(error instanceof Error));
        const response = await connection.readResponse();
        assertEquals([response.status, response.text], [200, "not read"]);
        connection.close();
        await sending;
        using second = await open();
        for (let round = 0; round < 3; round++) {
          await second.request("POST", path, [host, ["Content-Length", "5"]], "small");
          assertEquals((await second.readResponse()).text, "not read");
        }
      },
    );
  }

  await t.step("an isolate that ends in the middle of a download leaves a cut body", async () => {
    using connection = await open();
    await connection.request("GET", `/down?bytes=${1000 * MB}&id=ended`, [host]);
    await connection.readHead();
    await project.removeApp("app");
    nano.signal("SIGHUP");
    await nano.waitForEvent(({ event }) => event === "app_drain_start");
    await nano.waitForEvent(({ event }) => event === "app_removed" || event === "app_drained", 60_000);
    const bytes = await connection.drain().catch((error) => {
      assert(error instanceof ConnectionClosed, String(error));
      return 0;
    });
    assert(bytes < 1000 * MB, `${bytes} bytes came`);
  });
});
