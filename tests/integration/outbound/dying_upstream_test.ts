/** Upstreams that die in the middle of an answer: the app hears of it at once, its client too, and nothing is left. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { NanoProcess } from "../../support/nano_process.ts";
import { RawConnection } from "../../support/raw_http.ts";
import { TempProject } from "../../support/temp_project.ts";
import { DEATHS, startDyingUpstream, WHOLE } from "./dying_upstream.ts";

const APP = `
const end = async (run) => {
  try {
    return await run();
  } catch (error) {
    return error instanceof TypeError ? "TypeError " + error.message : String(error);
  }
};
export default {
  async fetch(request, { UPSTREAM }) {
    const { pathname, searchParams } = new URL(request.url);
    const url = UPSTREAM + "/" + searchParams.get("way");
    const read = () => end(async () => (await fetch(url)).text());
    switch (pathname) {
      case "/read":
        return Response.json([await read(), await end(async () => (await fetch(url, { method: "HEAD" })).status)]);
      case "/pass":
        return await fetch(url);
      case "/status": {
        const response = await fetch(url);
        return Response.json([response.status, await response.text()]);
      }
      case "/many": {
        const ends = { TypeError: 0 };
        const one = async () => {
          for (let left = 15; left > 0; left--) ends[(await read()).split(" ")[0]]++;
        };
        await Promise.all(Array.from({ length: 20 }, one));
        return Response.json([ends, await (await fetch(UPSTREAM)).text()]);
      }
      case "/unread": {
        for (let left = 300; left > 0; left--) await end(() => fetch(url));
        return new Response(await (await fetch(UPSTREAM)).text());
      }
      case "/late": {
        const controller = new AbortController();
        const response = await fetch(UPSTREAM, { signal: controller.signal });
        await new Promise((resolve) => setTimeout(resolve, 50));
        controller.abort(new RangeError("too late"));
        return new Response(await response.text().catch((error) => error.name + " " + error.message));
      }
    }
  },
};`;

Deno.test("Upstreams that die", async (t) => {
  await using upstream = await startDyingUpstream();
  const config = { outbound: "any", env: { UPSTREAM: upstream.url } };
  await using project = await TempProject.create({ app: { files: APP, config } });
  await using nano = await NanoProcess.start(project.configFile);
  const get = async (path: string, way = "") => {
    const response = await nano.fetch("app", `${path}?way=${encodeURIComponent(encodeURIComponent(way))}`);
    return await response.text();
  };

  for (const way of Object.keys(DEATHS)) {
    await t.step(`with ${way}: reading rejects with a TypeError, and HEAD is fine`, async () => {
      const [text, head] = JSON.parse(await get("/read", way));
      assertStringIncludes(text, `TypeError Cannot read the answer of ${upstream.url}`);
      assertEquals(head, 200);
    });
    await t.step(`with ${way}: an answer that is passed on is cut`, async () => {
      using connection = await RawConnection.open(nano.url);
      await connection.request("GET", `/pass?way=${encodeURIComponent(encodeURIComponent(way))}`, [["Host", "app"]]);
      const { status, truncated, text } = await connection.readResponse();
      // It may break before its head has left.
      assertEquals(truncated || status >= 500, true, `${status} ${text}`);
    });
  }
  for (const [way, { status, text }] of Object.entries(WHOLE)) {
    await t.step(`with ${way}: the answer is whole`, async () => {
      assertEquals(JSON.parse(await get("/status", way)), [status, text]);
    });
  }
  for (const way of ["a short length", "a gzip cut in the middle"]) {
    await t.step(`300 with ${way} leave the app able to fetch`, async () => {
      assertEquals(JSON.parse(await get("/many", way)), [{ TypeError: 300 }, "fine"]);
    });
    await t.step(`300 with ${way} that nobody reads leave the app able to fetch`, async () => {
      assertEquals(await get("/unread", way), "fine");
    });
  }
  await t.step("an abort after the body has arrived unread rejects the reading", async () => {
    assertEquals(await get("/late"), "RangeError too late");
  });
});
