/** Request bodies that an app hands to a binding, or sends back, as it got them: the host reads them itself. */
import { Buffer } from "node:buffer";
import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { NanoProcess } from "../../support/nano_process.ts";
import { RawConnection } from "../../support/raw_http.ts";
import { TempProject } from "../../support/temp_project.ts";

/** More than a stream's window, and than the buffers between NANO and its client take. */
const SIZE = 24 * 1024 * 1024;
const MAX_BODY_BYTES = SIZE + 1024;

const APP = `
const kept = [];
export default {
  async fetch(request, { FILES, SHOP }, ctx) {
    const { pathname } = new URL(request.url);
    if (pathname === "/get") return new Response((await FILES.get("big"))?.body ?? "none");
    if (pathname === "/kept") return Response.json(kept);
    if (pathname === "/echo") return new Response(request.body);
    if (pathname === "/service") return SHOP.fetch(request);
    if (pathname === "/unread") return new Response("unread");
    if (pathname === "/loop") for (;;);
    if (pathname === "/looked") request.body.getReader().releaseLock();
    if (pathname === "/begun") {
      const reader = request.body.getReader();
      await reader.read();
      reader.releaseLock();
      // What is left is put as what it is: a part.
      return FILES.put("big", request.body).then(() => new Response("put"), (error) => new Response(error.message, { status: 400 }));
    }
    const put = FILES.put(pathname === "/late" ? "late" : "big", request.body).then(
      ({ size }) => ({ size }),
      ({ name, message }) => ({ name, message }),
    );
    if (pathname === "/late") {
      ctx.waitUntil(put.then((end) => kept.push(end)));
      return new Response("late");
    }
    const end = await put;
    kept.push(end);
    const again = await request.text().catch((error) => error.name);
    return Response.json({ ...end, used: request.bodyUsed, again });
  },
};`;

const SHOP = `export default {
  async fetch(request, { FILES }) {
    return Response.json((await FILES.put("big", request.body)).size);
  },
};`;

function content(seed: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(SIZE);
  for (let at = 0; at < SIZE; at++) bytes[at] = at * 31 % 251 + seed;
  return bytes;
}

/** Sends the head of an upload and the first of its body, which the buffers on the way hold when nobody reads it. */
async function begun(nano: NanoProcess, path: string, bytes: Uint8Array): Promise<RawConnection> {
  const connection = await RawConnection.open(nano.url);
  await connection.request("PUT", path, [["host", "app"], ["content-length", `${bytes.length}`]]);
  await connection.send(bytes.subarray(0, 64 * 1024));
  return connection;
}

for (const isolation of ["worker", "process"]) {
  Deno.test(`A request body that an app hands on unread, in the mode "${isolation}"`, async (t) => {
    const app = { isolation, cpu_ms: 2000, max_body_bytes: MAX_BODY_BYTES };
    await using project = await TempProject.create({
      app: { files: APP, config: { ...app, bindings: { FILES: { r2: "files" }, SHOP: { service: "shop" } } } },
      shop: { files: SHOP, config: { ...app, bindings: { FILES: { r2: "files" } } } },
    });
    await using nano = await NanoProcess.start(project.configFile);
    const put = (path: string, body: BodyInit) => nano.fetch("app", path, { method: "PUT", body });
    const endOf = (path: string, end: string) =>
      nano.waitForEvent((record) => record.event === "request" && record["path"] === path && record["end"] === end);
    const sameBytes = async (response: Response, expected: Uint8Array) =>
      assertEquals(Buffer.compare(await response.bytes(), expected), 0, "the bytes are others");

    await t.step("arrives whole, and is used up", async () => {
      for (const [path, seed] of [["/", 0], ["/looked", 1]] as const) {
        const bytes = content(seed);
        assertEquals(await (await put(path, bytes)).json(), { size: SIZE, used: true, again: "TypeError" });
        await sameBytes(await nano.fetch("app", "/get"), bytes);
      }
    });

    await t.step("goes through a service, and back to its client", async () => {
      const bytes = content(2);
      assertEquals(await (await put("/service", bytes)).json(), SIZE);
      await sameBytes(await nano.fetch("app", "/get"), bytes);
      await sameBytes(await put("/echo", bytes), bytes);
    });

    await t.step("of which the app has read a part is no whole one", async () => {
      const response = await put("/begun", content(3));
      assertEquals(response.status, 400);
      assertMatch(
        await response.text(),
        /^put: The stream of the value had \d+ bytes, not the 25165824 that it promised/,
      );
      await sameBytes(await nano.fetch("app", "/get"), content(2));
    });

    await t.step("that nobody wants leaves its client alone", async () => {
      assertEquals(await (await put("/unread", content(4))).text(), "unread");
    });

    await t.step("that breaks off is kept by nobody, and its client is told to have left", async () => {
      (await begun(nano, "/", content(5))).close();
      await endOf("/", "client_gone");
      (await begun(nano, "/echo", content(5))).close();
      await endOf("/echo", "client_gone");
      const kept = await (await nano.fetch("app", "/kept")).json();
      assertEquals(kept.at(-1).size, undefined);
      await sameBytes(await nano.fetch("app", "/get"), content(2));
    });

    await t.step("ends with its request", async () => {
      using connection = await begun(nano, "/late", content(6));
      assertEquals((await connection.readResponse()).text, "late");
      const kept = async () => (await (await nano.fetch("app", "/kept")).json()).at(-1);
      const { size, message } = await kept();
      assertEquals(size, undefined);
      assertMatch(message, /^put: The stream of the value failed: /);
    });

    await t.step("ends with its app", async () => {
      using connection = await begun(nano, "/echo", content(7));
      assertEquals((await connection.readHead()).status, 200);
      const looping = nano.fetch("app", "/loop").then((response) => response.body?.cancel());
      await endOf("/echo", "isolate_ended");
      await looping;
      await sameBytes(await put("/echo", content(8)), content(8));
    });

    await t.step("is no longer than the app allows", async () => {
      const bytes = new Uint8Array(MAX_BODY_BYTES + 1);
      assertEquals((await (await put("/", bytes)).json()).code, "BODY_TOO_LARGE");
      await assertRejects(async () => void await (await put("/echo", new Blob([bytes]).stream())).bytes());
    });
  });
}
