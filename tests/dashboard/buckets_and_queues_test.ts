/** The dashboard's pages of R2 buckets and queues: browse, upload, download, delete; peek, send, retry, purge. */
import { Buffer } from "node:buffer";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { NanoError, type QueueMessageView, type R2ObjectView } from "../../runtime/mod.ts";
import type { DashboardServer } from "./dashboard_server.ts";
import { dashboardTests, until } from "./dashboard_test_case.ts";

const text = (value: string) => new TextEncoder().encode(value);

function filesOf({ target }: DashboardServer) {
  return target.operations.data.r2;
}

function jobsOf({ target }: DashboardServer) {
  return target.operations.data.queues;
}

function keep(server: DashboardServer, key: string, facts: Partial<R2ObjectView> = {}): void {
  const body = text(`content of ${key}`);
  const size = body.byteLength;
  const object = { key, size, etag: "abc", uploaded: 0, storageClass: "Standard", http: {}, custom: {}, ...facts };
  filesOf(server).memory.set(key, { object, body });
}

function messageOf(id: string, body: string, facts: Partial<QueueMessageView> = {}): QueueMessageView {
  const bytes = text(body);
  return {
    ...{ id, sent: 0, visible: 0, isLeased: false, failures: 0, type: "text", origin: null, size: bytes.byteLength },
    body: bytes,
    ...facts,
  };
}

dashboardTests("The dashboard's pages of buckets and queues", (test) => {
  test("Objects are browsed by folder, prefix and page", { path: null }, async ({ tab: { page }, server }) => {
    await page.goto("/data/r2/files");
    await page.getByText("Nothing is kept here").waitFor();
    keep(server, "logo.png", { http: { contentType: "image/png" }, size: 2048, uploaded: Date.UTC(2026, 0, 2) });
    keep(server, "2026/<b>/a.txt");
    for (let at = 0; at < 60; at++) keep(server, `2026/log-${String(at).padStart(2, "0")}`);
    await page.reload();
    const rows = page.locator("table.objects tbody tr");
    assertEquals(await rows.count(), 2);
    assertEquals((await rows.nth(0).innerText()).trim(), "2026/");
    assertEquals((await rows.nth(1).innerText()).split(/\s+/).slice(0, 7), [
      ...["logo.png", "2", "KiB", "image/png", "2026-01-02", "00:00:00", "UTC"],
    ]);
    await page.getByRole("link", { name: "2026/" }).click();
    await page.getByRole("link", { name: "<b>/" }).waitFor();
    assertEquals(await rows.count(), 50);
    await page.getByRole("link", { name: "More" }).click();
    await page.getByRole("link", { name: "First" }).waitFor();
    assertEquals(await rows.count(), 11);
    await page.getByRole("navigation", { name: "Folders" }).getByRole("link", { name: "All" }).click();
    await page.getByRole("link", { name: "logo.png" }).waitFor();
    await page.goto("/data/r2/files?prefix=none");
    await page.getByText("No key begins with this").waitFor();
    assertEquals((await page.goto("/data/r2/none"))?.status(), 404);
  });

  test(
    "An object is shown with all that is kept beside it, downloaded and deleted",
    { path: null },
    async ({ tab: { page }, server }) => {
      const key = "a/../b ?ü#%2F";
      keep(server, key, { http: { contentType: "text/plain", cacheExpiry: 0 }, custom: { "by<i>": "<b>me</b>" } });
      await page.goto("/data/r2/files?prefix=a/../");
      await page.getByRole("link", { name: "b ?ü#%2F" }).click();
      await page.getByRole("link", { name: "Download" }).waitFor();
      const shown = await page.locator("#main").innerText();
      for (const part of [key, "abc", "text/plain", "1970-01-01 00:00:00 UTC", "by<i>", "<b>me</b>"]) {
        assertStringIncludes(shown, part);
      }
      const [download] = await Promise.all([
        page.waitForEvent("download"),
        page.getByRole("link", { name: "Download" }).click(),
      ]);
      assertEquals(await Deno.readTextFile(await download.path()), `content of ${key}`);
      await page.getByRole("link", { name: "Delete" }).click();
      await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
      await page.getByRole("status").filter({ hasText: "Deleted a/../b" }).waitFor();
      assertEquals(filesOf(server).memory.size, 0);
      assert(
        server.target.operations.entries.some(({ action, actor }) =>
          action === "r2.delete" && actor.startsWith("dashboard ")
        ),
      );
      assertEquals((await page.goto("/data/r2/files/objects/none"))?.status(), 404);
    },
  );

  test("Files are uploaded as they are, and what is refused is told at the form", { path: null }, async (given) => {
    const { tab: { page }, server } = given;
    const buffer = Uint8Array.from({ length: 300_000 }, (_, at) => at);
    const file = (name: string) => ({ name, mimeType: "image/png", buffer: Buffer.from(buffer) });
    await page.goto("/data/r2/files?prefix=images/");
    const upload = page.locator("form[data-upload]");
    assertEquals(await upload.getByLabel("Key").inputValue(), "images/");
    await upload.getByLabel("Files").setInputFiles([file("one ü.png"), file("two.png")]);
    await upload.getByRole("button", { name: "Upload" }).click();
    await page.getByRole("status").filter({ hasText: "Uploaded 2 files" }).waitFor();
    assertEquals([...filesOf(server).memory.keys()], ["images/one ü.png", "images/two.png"]);
    assertEquals(filesOf(server).memory.get("images/two.png")!.body, buffer);
    assertEquals(filesOf(server).memory.get("images/two.png")!.object.http, { contentType: "image/png" });

    await upload.getByLabel("Files").setInputFiles([file("three.png")]);
    await upload.getByLabel("Key").fill("logo");
    await upload.getByRole("button", { name: "Upload" }).click();
    await page.getByRole("status").filter({ hasText: "Uploaded logo" }).waitFor();
    assertEquals(filesOf(server).memory.get("logo")!.body, buffer);

    filesOf(server).refusal = new NanoError("CONFLICT", 'Cannot use R2 bucket "files": it is full');
    await upload.getByLabel("Files").setInputFiles([file("four.png")]);
    await upload.getByRole("button", { name: "Upload" }).click();
    await upload.getByRole("alert").filter({ hasText: "it is full" }).waitFor();
    assertEquals(await upload.getByRole("button", { name: "Upload" }).isEnabled(), true);
    assertEquals(filesOf(server).memory.size, 3);
  });

  test("A queue shows its depth, its messages and where dead letters go", { path: null }, async (given) => {
    const { tab: { page }, server } = given;
    await page.goto("/data/queues/jobs");
    await page.getByText("No message waits here").waitFor();
    assertEquals(await page.getByRole("link", { name: "Purge" }).count(), 0, "there is nothing to purge");
    const now = server.target.now();
    jobsOf(server).memory = [
      messageOf("id-a", "<b>short</b>", { sent: now - 90_000 }),
      messageOf("id-b", `{"n":1,"long":"${"x".repeat(9000)}"}`, { type: "json", visible: now + 60_000, failures: 2 }),
      messageOf("id-c", "", { isLeased: true, visible: now + 5000 }),
      messageOf("id-d", "", { type: "bytes", body: new Uint8Array([0, 255]), size: 2 }),
    ];
    await page.reload();
    const rows = page.locator("table.messages tbody tr");
    const shown = await rows.allInnerTexts();
    assertStringIncludes(shown[0]!, "<b>short</b>");
    assertStringIncludes(shown[0]!, "waiting");
    assertStringIncludes(shown[1]!, "in 1 min");
    assertStringIncludes(shown[2]!, "with the consumer");
    assertStringIncludes(shown[3]!, "AP8=");
    const depth = await page.getByRole("region", { name: "Depth" }).innerText();
    assertStringIncludes(depth, "1 min 30 s ago".slice(0, 5));
    await rows.nth(1).locator("summary").click();
    await rows.nth(1).locator("pre").waitFor();
    assertEquals((await rows.nth(1).locator("pre").innerText()).length, 8192);
    assertStringIncludes(await rows.nth(1).innerText(), "nano queue peek --bytes");
    for (let at = 0; at < 20; at++) jobsOf(server).memory.push(messageOf(`more-${at}`, "m"));
    await page.reload();
    assertEquals(await rows.count(), 20);
    await page.getByRole("link", { name: "More" }).click();
    await page.getByRole("link", { name: "First" }).waitFor();
    assertEquals(await rows.count(), 4);
    assertEquals((await page.goto("/data/queues/none"))?.status(), 404);
  });

  test("Messages are sent, and what is refused is told at the form", { path: "/data/queues/jobs" }, async (given) => {
    const { tab: { page }, server } = given;
    const form = page.locator("section", { has: page.getByRole("heading", { name: "Send a message" }) });
    await form.getByLabel("Body").fill('{ "to": ');
    await form.getByLabel("Body").press("Control+Enter");
    await form.getByRole("alert").filter({ hasText: "its body is no JSON" }).waitFor();
    assertEquals(await form.getByLabel("Body").inputValue(), '{ "to": ', "what was typed stays");
    await form.getByRole("radio", { name: "Text" }).check();
    await form.getByLabel("Delay").fill("soon");
    await form.getByRole("button", { name: "Send" }).click();
    await form.getByRole("alert").filter({ hasText: '"soon" is no whole number' }).waitFor();
    await form.getByLabel("Delay").fill("");
    await form.getByRole("button", { name: "Send" }).click();
    await page.getByRole("status").filter({ hasText: "Sent the message" }).waitFor();
    const [sent] = jobsOf(server).memory;
    assertEquals([sent!.type, new TextDecoder().decode(sent!.body)], ["text", '{ "to": ']);
    jobsOf(server).refusal = new NanoError("CONFLICT", 'Cannot send to queue "jobs": the queue is full');
    await form.getByLabel("Body").fill("1");
    await form.getByRole("button", { name: "Send" }).click();
    await form.getByRole("alert").filter({ hasText: "the queue is full" }).waitFor();
  });

  for (const javaScriptEnabled of [true, false]) {
    const how = javaScriptEnabled ? "" : " without scripts, too";
    test(`Dead letters are put back one by one or all, and a queue is purged${how}`, {
      path: null,
      browser: { javaScriptEnabled },
    }, async ({ tab: { page }, server }) => {
      const jobs = jobsOf(server);
      jobs.memory = [
        ...["a", "b", "c"].map((id) => messageOf(id, `letter ${id}`, { origin: "mails" })),
        messageOf("d", "leased", { origin: "mails", isLeased: true }),
        messageOf("e", "own"),
      ];
      await page.goto("/data/queues/jobs");
      const rows = page.locator("table.messages tbody tr");
      assertStringIncludes(await rows.first().innerText(), "dead letter of mails");
      assertEquals(await rows.nth(4).getByRole("button", { name: "Retry" }).count(), 0, "it is no dead letter");
      await rows.nth(1).getByRole("button", { name: "Retry" }).click();
      await page.getByRole("status").filter({ hasText: "Put 1 dead letter back" }).waitFor();
      assertEquals(jobs.memory.map(({ id }) => id), ["a", "c", "d", "e"]);
      await page.getByRole("button", { name: "Retry all dead letters" }).click();
      const told = page.getByRole("status").filter({ hasText: "Put 2 dead letters back" });
      await told.waitFor();
      assertStringIncludes(await told.innerText(), "1 left: with a consumer");
      assertStringIncludes(await told.innerText(), "1 left: no dead letter");
      await page.getByRole("link", { name: "Purge" }).click();
      const question = javaScriptEnabled ? page.getByRole("dialog") : page.locator(".confirm");
      await question.getByRole("button", { name: "Purge" }).click();
      await page.getByRole("status").filter({ hasText: "Purged 2 messages" }).waitFor();
      assertEquals(jobs.memory, []);
      if (javaScriptEnabled) return;
      await page.goto("/data/r2/files");
      await page.getByText("Uploads need the page's script").waitFor();
    });
  }

  test("Long names and values make no page wider than a phone", {
    path: null,
    browser: { viewport: { width: 390, height: 800 }, colorScheme: "dark" },
  }, async ({ tab, server }) => {
    const long = "folder".repeat(40);
    keep(server, `${long}/${"name".repeat(100)}`, { custom: { [long]: long } });
    jobsOf(server).memory = [
      messageOf("f".repeat(32), "word".repeat(2000), { origin: "mails", failures: 3 }),
      messageOf("g".repeat(32), "w".repeat(110)),
    ];
    const object = encodeURIComponent(`${long}/${"name".repeat(100)}`);
    for (const path of ["", "/r2/files", `/r2/files?prefix=${long}/`, `/r2/files/objects/${object}`, "/queues/jobs"]) {
      await tab.page.goto(`/data${path}`);
      await until(`${path.slice(0, 40)} is no wider than the window`, async () => await tab.overflow() === 0);
    }
  });
});
