/** The dashboard's pages of data: browse, edit and delete what KV namespaces hold, run SQL, apply migrations. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { NanoError } from "../../runtime/mod.ts";
import type { DashboardServer } from "./dashboard_server.ts";
import { dashboardTests, until } from "./dashboard_test_case.ts";

const NONE = { metadata: null, expiration: null } as const;
const text = (value: string) => new TextEncoder().encode(value);

function cacheOf({ target }: DashboardServer) {
  return target.operations.data.kv.memory.get("cache")!;
}

function valueOf(server: DashboardServer, key: string): string {
  return new TextDecoder().decode(cacheOf(server).get(key)!.value);
}

dashboardTests("The dashboard's pages of data", (test) => {
  test(
    "Data lists stores with sizes and who uses them, and leads to them",
    { path: "/data" },
    async ({ tab, server }) => {
      const { page } = tab;
      cacheOf(server).set("a", { value: text("x".repeat(2000)), ...NONE });
      await page.reload();
      assertEquals((await page.locator("#kv tbody tr").first().innerText()).split(/\s+/), [
        ...["cache", "1", "2", "KiB", "of", "1", "GiB", "app-1", "env.CACHE", "app-2", "env.KV"],
      ]);
      assertStringIncludes(await page.locator("#kv").innerText(), "no app any more");
      assertEquals((await page.locator("#d1 tbody tr").innerText()).split(/\s+/), [
        ...["shop", "8", "KiB", "of", "1", "GiB", "app-1", "env.DB"],
      ]);
      assertEquals((await page.locator("#r2 tbody tr").innerText()).split(/\s+/), [
        ...["files", "0", "0", "B", "of", "1", "GiB", "app-1", "env.FILES"],
      ]);
      assertEquals((await page.locator("#queues tbody tr").innerText()).split(/\s+/), [
        ...["jobs", "0", "0", "B", "of", "1", "GiB", "app-1", "app-1", "env.JOBS"],
      ]);
      assertEquals(await page.locator("nav[aria-label=Main] [aria-current=page]").innerText(), "Data");
      await page.getByRole("link", { name: "cache" }).click();
      await page.getByRole("heading", { name: "cache" }).waitFor();
    },
  );

  test("Keys are found by prefix, in pages", { path: null }, async ({ tab: { page }, server }) => {
    for (let at = 0; at < 60; at++) {
      const metadata = at === 0 ? '{"by":"<b>me</b>"}' : null;
      cacheOf(server).set(`user:${String(at).padStart(2, "0")}`, {
        value: text("1"),
        metadata,
        expiration: 2_000_000_000,
      });
    }
    cacheOf(server).set("other", { value: text("1"), ...NONE });
    await page.goto("/data/kv/cache");
    const rows = page.locator("table.keys tbody tr");
    assertEquals(await rows.count(), 50);
    await page.keyboard.press("/");
    await page.keyboard.type("user:");
    await page.keyboard.press("Enter");
    await until("the first is a user", async () => (await rows.first().innerText()).startsWith("user:00"));
    assertStringIncludes(await rows.first().innerText(), "2033-05-18 03:33:20 UTC");
    assertStringIncludes(await rows.first().innerText(), '{"by":"<b>me</b>"}');
    await page.getByRole("link", { name: "More" }).click();
    await page.getByRole("link", { name: "First" }).waitFor();
    assertEquals(await rows.count(), 10);
    await page.goto("/data/kv/cache?prefix=none");
    await page.getByText("No key begins with this").waitFor();
  });

  test(
    "Entries are added, edited and deleted, every character as it is",
    { path: null },
    async ({ tab: { page }, server }) => {
      const key = "a/../b ?ü#%2F";
      const value = "\n first\n\n<textarea> &amp; ü😀\n";
      await page.goto("/data/kv/cache");
      await page.getByLabel("Key", { exact: true }).fill(key);
      await page.getByLabel("Value").fill(value);
      await page.getByLabel("Metadata").fill('{ "n": 1 }');
      await page.getByLabel("Expires").fill("+3600");
      await page.getByRole("button", { name: "Save" }).click();
      await page.getByRole("status").filter({ hasText: "Saved a/../b" }).waitFor();
      assertEquals(valueOf(server, key), value);
      const { expiration, metadata } = cacheOf(server).get(key)!;
      assertEquals(metadata, '{ "n": 1 }');
      const ahead = expiration! - server.target.now() / 1000;
      assert(ahead > 3000 && ahead <= 3600, String(ahead));

      assertEquals(await page.getByLabel("Value").inputValue(), value);
      await page.getByLabel("Value").fill(`${value}more`);
      await page.getByLabel("Expires").fill("tomorrow");
      await page.getByRole("button", { name: "Save" }).click();
      await page.getByRole("alert").filter({ hasText: 'Cannot use "tomorrow" as the end' }).waitFor();
      assertEquals(await page.getByLabel("Value").inputValue(), `${value}more`, "what was typed stays");
      await page.getByLabel("Expires").fill("");
      await page.getByLabel("Value").press("Control+Enter");
      await page.getByRole("status").filter({ hasText: "Saved" }).waitFor();
      assertEquals([valueOf(server, key), cacheOf(server).get(key)!.expiration], [`${value}more`, null]);

      const [download] = await Promise.all([
        page.waitForEvent("download"),
        page.getByRole("link", { name: "Download" }).click(),
      ]);
      assertEquals(await Deno.readTextFile(await download.path()), `${value}more`);
      await page.getByRole("link", { name: "Delete" }).click();
      await page.getByRole("dialog").waitFor();
      await page.keyboard.press("Escape");
      await page.getByRole("link", { name: "Delete" }).click();
      await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
      await page.getByRole("status").filter({ hasText: "Deleted a/../b" }).waitFor();
      assertEquals(cacheOf(server).has(key), false);
    },
  );

  test("What is no text is downloaded, not edited; a page asks without scripts, too", {
    path: null,
    browser: { javaScriptEnabled: false },
  }, async ({ tab: { page }, server }) => {
    for (const [key, value] of [["bytes", new Uint8Array([0, 255])], ["lines", text("a\r\nb")]] as const) {
      cacheOf(server).set(key, { value, ...NONE });
      await page.goto(`/data/kv/cache/keys/${key}`);
      await page.getByText("no text that can be edited here").waitFor();
      assertEquals(await page.getByLabel("Value").count(), 0);
    }
    await page.getByRole("link", { name: "Delete" }).click();
    await page.getByRole("button", { name: "Delete" }).click();
    await page.getByRole("status").filter({ hasText: "Deleted lines" }).waitFor();
    assertEquals((await page.goto("/data/kv/cache/keys/none"))?.status(), 404);
    assertEquals((await page.goto("/data/kv/none"))?.status(), 404);
  });

  test(
    "SQL is run with a table of results, or its error",
    { path: "/data/d1/shop" },
    async ({ tab: { page }, server }) => {
      const { d1 } = server.target.operations.data;
      d1.answer = [
        { columns: [], rows: [], meta: { changes: 2, duration: 0.5 } },
        {
          columns: ["id", "name", "name"],
          rows: [...Array.from({ length: 250 }, (_, at) => [at, "<i>x</i>", null]), [9, "y", [0, 255]]],
          meta: { changes: 0, duration: 12.34 },
        },
      ];
      const sql = "UPDATE users SET a = 1;\nSELECT * FROM users";
      await page.getByLabel("SQL").nth(1).fill(sql);
      await page.getByLabel("SQL").nth(1).press("Control+Enter");
      await page.getByRole("heading", { name: "Result 2" }).waitFor();
      assertEquals(d1.ran, [sql]);
      assertEquals(await page.locator("#sql").inputValue(), sql);
      const shown = await page.locator(".result").allInnerTexts();
      assertStringIncludes(shown[0]!, "2 rows changed, 0.5 ms");
      assertStringIncludes(shown[1]!, "251 rows, 12.3 ms");
      assertEquals(await page.locator("table.rows tbody tr").count(), 200);
      assertEquals((await page.locator("table.rows tbody tr").first().innerText()).split("\t"), [
        "0",
        "<i>x</i>",
        "NULL",
      ]);
      assertStringIncludes(shown[1]!, "Only the first 200 rows are shown");
      d1.answer = new NanoError(
        "SQL_FAILED",
        'Cannot run SQL on D1 database "shop": no such table: users: SQLITE_ERROR',
      );
      await page.getByRole("button", { name: "Run" }).click();
      await page.getByRole("alert").filter({ hasText: "no such table: users" }).waitFor();
      assertEquals(await page.locator("#sql").inputValue(), sql, "what was typed stays");
    },
  );

  test(
    "Migrations are shown and applied, and the database is exported",
    { path: "/data/d1/shop" },
    async ({ tab: { page }, server }) => {
      const card = page.locator("section", { has: page.getByRole("heading", { name: "Migrations" }) });
      assertStringIncludes(await card.innerText(), "0002_second.sql");
      assertStringIncludes(await card.innerText(), "pending");
      await card.getByRole("button", { name: "Apply 1 migration" }).click();
      await page.getByRole("status").filter({ hasText: "Applied 0002_second.sql" }).waitFor();
      const [download] = await Promise.all([
        page.waitForEvent("download"),
        page.getByRole("link", { name: "Export SQL" }).click(),
      ]);
      assertEquals(download.suggestedFilename(), "shop.sql");
      assertEquals(await Deno.readTextFile(await download.path()), "SELECT 1;\n");
      assert(
        server.target.operations.entries.some(({ action, actor }) =>
          action === "d1.migrate" && actor.startsWith("dashboard ")
        ),
      );
    },
  );
});
