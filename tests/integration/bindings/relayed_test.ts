/** Bodies that an app hands on as it got them: the host sends them itself, and everything else is as it was. */
import { Buffer } from "node:buffer";
import { assert, assertEquals, assertRejects } from "@std/assert";
import { NanoProcess } from "../../support/nano_process.ts";
import { TempProject } from "../../support/temp_project.ts";

/** More than the buffers between NANO and its client take. */
const SIZE = 24 * 1024 * 1024;

const APP = `
let kept;
export default {
  async fetch(request, { FILES, SHOP }) {
    const { pathname } = new URL(request.url);
    if (request.method === "PUT") return Response.json(await FILES.put("big", request.body));
    if (pathname === "/loop") for (;;);
    if (pathname === "/service") return SHOP.fetch(new Request("http://shop/get", request));
    const range = pathname === "/range" ? { offset: 1_000_000, length: 2_000_000 } : undefined;
    const object = await FILES.get("big", { range });
    if (pathname === "/tee") return new Response(object.body.tee()[1]);
    if (pathname === "/clone") return new Response(object.body).clone();
    if (pathname === "/piped") return new Response(object.body.pipeThrough(new TransformStream()));
    if (pathname === "/read") {
      const reader = object.body.getReader();
      const { value } = await reader.read();
      reader.releaseLock();
      try {
        return new Response(object.body);
      } catch (error) {
        await object.body.cancel();
        throw error;
      }
    }
    if (pathname === "/looked") {
      object.body.getReader().releaseLock();
      return new Response(object.body, { headers: { "x-locked": String(object.body.locked) } });
    }
    if (pathname === "/twice") {
      kept = object;
      return new Response(object.body);
    }
    if (pathname === "/again") return new Response(String(kept.bodyUsed || kept.body.locked) + await kept.text().catch((error) => error.name));
    if (pathname === "/long") return new Response(object.body, { headers: { "content-length": String(object.size + 1) } });
    return new Response(object.body);
  },
};`;

const SHOP = `export default {
  async fetch(request, { FILES }) {
    return new Response((await FILES.get("big")).body, { headers: { "x-shop": "1" } });
  },
};`;

/** Named by what they hold. */
const OBJECT_FILE = /\/[0-9a-f]{64}$/;

function content(): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(SIZE);
  for (let at = 0; at < SIZE; at++) bytes[at] = at * 31 % 251;
  return bytes;
}

/** Open descriptors of NANO that are files of objects. */
async function openObjects(nano: NanoProcess): Promise<number> {
  let count = 0;
  for await (const { name } of Deno.readDir(`/proc/${nano.pid}/fd`)) {
    const target = await Deno.readLink(`/proc/${nano.pid}/fd/${name}`).catch(() => "");
    if (OBJECT_FILE.test(target)) count++;
  }
  return count;
}

async function sameBytes(response: Response, expected: Uint8Array): Promise<void> {
  assertEquals(Buffer.compare(await response.bytes(), expected), 0, "the bytes are others");
}

/** Reads the first bytes of an answer. @returns what the rest comes to */
async function begun(response: Response) {
  const reader = response.body!.getReader();
  assert(!(await reader.read()).done);
  return {
    rest: async () => {
      while (!(await reader.read()).done);
    },
    leave: () => reader.cancel(),
  };
}

for (const isolation of ["worker", "process"]) {
  Deno.test(`A body that an app hands on unread, in the mode "${isolation}"`, async (t) => {
    const config = { isolation, cpu_ms: 2000, bindings: { FILES: { r2: "files" }, SHOP: { service: "shop" } } };
    await using project = await TempProject.create({
      app: { files: APP, config },
      shop: { files: SHOP, config: { isolation, bindings: { FILES: { r2: "files" } } } },
    });
    await using nano = await NanoProcess.start(project.configFile);
    const bytes = content();
    await (await nano.fetch("app", "/", { method: "PUT", body: bytes })).body?.cancel();
    const requestTo = (path: string) =>
      nano.waitForEvent(({ event, path: at, method }) => event === "request" && at === path && method === "GET");

    await t.step("is whole, has its length, and is counted", async () => {
      const response = await nano.fetch("app", "/");
      assertEquals(response.headers.get("content-length"), String(SIZE));
      await sameBytes(response, bytes);
      const { bytes: told, end } = await requestTo("/");
      assertEquals([told, end], [SIZE, "done"]);
      await sameBytes(await nano.fetch("app", "/range"), bytes.subarray(1_000_000, 3_000_000));
    });

    await t.step("comes through a service, and what it was read or copied to is as ever", async () => {
      const response = await nano.fetch("app", "/service");
      assertEquals(response.headers.get("x-shop"), "1");
      await sameBytes(response, bytes);
      for (const path of ["/tee", "/clone", "/piped", "/looked"]) await sameBytes(await nano.fetch("app", path), bytes);
      const read = await nano.fetch("app", "/read");
      assertEquals([read.status, (await read.json()).code], [500, "APP_EXCEPTION"]);
    });

    await t.step("is nobody's to read again", async () => {
      await sameBytes(await nano.fetch("app", "/twice"), bytes);
      assertEquals(await (await nano.fetch("app", "/again")).text(), "trueTypeError");
    });

    await t.step("goes with no HEAD", async () => {
      const head = await nano.fetch("app", "/", { method: "HEAD" });
      assertEquals([head.status, head.headers.get("content-length"), await head.text()], [200, String(SIZE), ""]);
    });

    await t.step("of another length than its head says never looks whole", async () => {
      await assertRejects(async () => void await (await nano.fetch("app", "/long")).bytes());
    });

    await t.step("ends with its client, and leaves no file open", async () => {
      const { leave } = await begun(await nano.fetch("app", "/?leave"));
      await leave();
      await nano.waitForEvent(({ event, end }) => event === "request" && end === "client_gone");
      assertEquals(await openObjects(nano), 0);
    });

    await t.step("is cut when its file ends too early", async () => {
      const { rest } = await begun(await nano.fetch("app", "/?short"));
      for await (const file of objectFiles(project.dir)) await Deno.truncate(file, 1);
      await assertRejects(rest);
      await nano.waitForEvent(({ event, end }) => event === "request" && end === "app_failed");
      assertEquals(await openObjects(nano), 0);
    });

    await t.step("goes on while its app computes, and ends with its app", async () => {
      await (await nano.fetch("app", "/", { method: "PUT", body: bytes })).body?.cancel();
      const one = await begun(await nano.fetch("app", "/?computing"));
      const other = await begun(await nano.fetch("app", "/?killed"));
      const looping = nano.fetch("app", "/loop").then((response) => response.body?.cancel());
      await one.rest();
      await looping;
      await assertRejects(other.rest);
      await nano.waitForEvent(({ event, end }) => event === "request" && end === "isolate_ended");
      assertEquals(await openObjects(nano), 0);
    });
  });
}

async function* objectFiles(folder: string): AsyncGenerator<string> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const path = `${folder}/${name}`;
    if (isDirectory) yield* objectFiles(path);
    else if (OBJECT_FILE.test(path)) yield path;
  }
}
