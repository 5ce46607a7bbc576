/** The host's half of `localStorage`: what comes in pieces, what is forged, what is too much. */
import { assertEquals, assertRejects } from "@std/assert";
import { DataThread } from "../../../runtime/data/data_thread.ts";
import { AppStorage } from "../../../runtime/units/app_storage.ts";
import { HostCallError } from "../../../runtime/wall/host_calls_bridge.ts";

async function inFolder(work: (data: DataThread) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "nano-test-" });
  try {
    await using data = new DataThread(folder);
    await work(data);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function unexpected(_operation: string, error: unknown): void {
  throw error;
}

async function loaded(storage: AppStorage): Promise<unknown> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  for (let at = 0;;) {
    const part = await storage.load(at);
    if (part.byteLength === 0) return JSON.parse(await new Blob(parts).text());
    parts.push(part);
    at += part.byteLength;
  }
}

Deno.test("Versions beside an app share its items, and more than one page of them is loaded", () =>
  inFolder(async (data) => {
    const storage = new AppStorage({ name: "blog", storageMb: 10 }, data, unexpected);
    const version = new AppStorage({ name: "v3--blog", storageMb: 10 }, data, unexpected);
    const other = new AppStorage({ name: "blog2", storageMb: 10 }, data, unexpected);
    await Promise.all(Array.from({ length: 2_100 }, (_, at) => storage.change(JSON.stringify([`k${at}`, "v"]), true)));
    assertEquals((await loaded(version) as unknown[]).length, 2_100);
    assertEquals(await loaded(other), []);
    await version.change("[]", true);
    assertEquals(await loaded(storage), []);
  }));

Deno.test("A change comes in parts, and takes place with the last", () =>
  inFolder(async (data) => {
    const storage = new AppStorage({ name: "blog", storageMb: 10 }, data, unexpected);
    await storage.change('["a","on', false);
    assertEquals(await loaded(storage), []);
    await storage.change('e"]', true);
    assertEquals(await loaded(storage), [["a", "one"]]);
    await storage.change('["a"]', true);
    assertEquals(await loaded(storage), []);
  }));

Deno.test("Forged changes are refused, and what is too much is told as such", () =>
  inFolder(async (data) => {
    const storage = new AppStorage({ name: "blog", storageMb: 1 }, data, unexpected);
    for (const forged of ["", "{", "null", "[1]", '["a",1]', '["a","b","c"]', '{"length":1}']) {
      const error = await assertRejects(() => storage.change(forged, true), HostCallError);
      assertEquals([forged, error.code], [forged, "EINVAL"]);
    }
    const part = "x".repeat(1_000_000);
    const full = await assertRejects(async () => {
      for (;;) await storage.change(part, false);
    }, HostCallError);
    assertEquals(full.code, "ENOSPC");
    const small = new AppStorage({ name: "small", storageMb: 1 }, data, unexpected);
    await small.change(JSON.stringify(["a", part]), true);
    const beyond = await assertRejects(() => small.change(JSON.stringify(["b", part]), true), HostCallError);
    assertEquals(beyond.code, "ENOSPC");
    assertEquals((await loaded(small) as string[][]).map(([key]) => key), ["a"]);
  }));

Deno.test("What fails in the host is told to the host's log, and to the app as no more than that", async () => {
  const told: string[] = [];
  const full = { run: () => Promise.reject(new Error("database or disk is full")) } as unknown as DataThread;
  const storage = new AppStorage(
    { name: "blog", storageMb: 10 },
    full,
    (operation, error) => told.push(`${operation}: ${(error as Error).message}`),
  );
  await assertRejects(() => storage.change('["a","one"]', true), Error, "database or disk is full");
  await assertRejects(() => storage.load(0), Error, "database or disk is full");
  await assertRejects(() => storage.change("forged", true), HostCallError);
  assertEquals(told, ["change: database or disk is full", "load: database or disk is full"]);
});
