/** The other pages of the dashboard, and what holds for all of them. */
import { assert, assertEquals, assertNotEquals, assertStringIncludes } from "@std/assert";
import { CONTENT_SECURITY_POLICY } from "../../admin/dashboard/security_headers.ts";
import { NanoError } from "../../runtime/mod.ts";
import { TOKEN } from "./dashboard_server.ts";
import { dashboardTests, until } from "./dashboard_test_case.ts";

const PAGES = [
  "/",
  "/apps/app-3",
  "/apps/app-3/remove",
  "/apps/app-3/limits",
  "/new",
  "/data",
  "/data/kv/cache",
  "/data/d1/shop",
  "/events",
  "/history",
  "/config",
  "/nothing",
] as const;

dashboardTests("The dashboard's other pages and what holds for all", (test) => {
  test("Config page shows what is in force and what a reload would change", { path: null }, async ({ tab, server }) => {
    const { page } = tab;
    const { operations } = server.target;
    operations.aside = [{ app: "app-2", reasons: ["memory_mb: nano.json says 64"] }];
    await page.goto("/config");
    const text = await page.locator("main").innerText();
    assertStringIncludes(text, '"state_dir": "/srv/.nano"');
    assertStringIncludes(text, "memory_mb: nano.json says 64");
    assert(!text.includes("very-secret") && !text.includes("configured-token"), "secrets are masked");
    await page.getByRole("button", { name: "Reload now" }).click();
    await page.getByRole("status").filter({ hasText: "Reloaded: 0 added, 1 changed, 0 removed" }).waitFor();
    assertEquals(server.target.reloads, 1);
    server.target.refusal = new NanoError("CONFIG_INVALID", "Cannot read nano.json", {
      details: ["apps[0].memory_mb: must be a number", "apps[1].name is taken"],
    });
    await page.goto("/config");
    const alert = page.getByRole("alert").filter({ hasText: "A reload would be refused" });
    await alert.getByText("apps[1].name is taken").waitFor();
  });

  test("History filters by app and pages", { path: null }, async ({ tab: { page }, server: { target } }) => {
    const by = { actor: "cli 10.0.0.7", ifMatch: null };
    for (let turn = 0; turn < 60; turn++) await target.operations.apps.restart("app-1", by);
    await target.operations.apps.restart("app-2", by);
    await page.goto("/history");
    const entries = page.locator("tr[data-entry]");
    assertEquals(await entries.count(), 50);
    assertEquals(await entries.first().getAttribute("data-entry"), "61");
    await page.getByRole("link", { name: "Older" }).click();
    await page.getByRole("link", { name: "Newest" }).waitFor();
    assertEquals(await entries.count(), 11);
    await page.getByLabel("App", { exact: true }).fill("app-2");
    await page.getByRole("button", { name: "Show" }).click();
    await until("one entry", async () => await entries.count() === 1);
  });

  test(
    "Events appear as they happen and can be filtered",
    { path: null },
    async ({ tab: { page }, server: { target } }) => {
      await page.goto("/events");
      await page.locator("#live[data-state=live]").waitFor();
      target.move("app-1", "starting");
      target.events.emit({ event: "app_failed", app: "app-2", reason: "boot_failed", error: "it throws" });
      const lines = page.locator("#events li[data-level]");
      await lines.filter({ hasText: "app_failed" }).getByText("it throws").waitFor();
      assertEquals(await lines.count(), 2);
      await page.getByLabel("Filter", { exact: true }).fill("app-1");
      assertEquals(await lines.filter({ visible: true }).count(), 1);
    },
  );

  test(
    "Unknown pages say so; programs keep the admin API's answers",
    { path: null },
    async ({ tab: { page }, server }) => {
      assertEquals((await page.goto("/apps/nobody"))?.status(), 404);
      await page.getByText("there is no such app").waitFor();
      assertEquals((await page.goto("/nothing"))?.status(), 404);
      await page.getByRole("link", { name: "All apps", exact: true }).click();
      await page.locator("#apps").waitFor();
      const headers = { authorization: `Bearer ${TOKEN}` };
      for (const path of ["/admin/nothing", "/nothing", "/apps/nobody"]) {
        const response = await fetch(server.url + path, { headers });
        assertEquals([response.status, response.headers.get("content-type")], [404, "application/problem+json"], path);
        await response.body?.cancel();
      }
      const page1 = await fetch(`${server.url}/history`, { headers: { ...headers, accept: "text/html" } });
      assertEquals(page1.status, 200, "a page can be read with the token, too");
      await page1.body?.cancel();
    },
  );

  test(
    "No page is wider than a phone",
    { apps: 12, browser: { viewport: { width: 360, height: 740 } } },
    async ({ tab }) => {
      await tab.page.locator("#apps svg.spark").first().waitFor();
      for (const path of PAGES) {
        await tab.page.goto(path);
        await tab.page.locator("#main").waitFor();
        assertEquals(await tab.overflow(), 0, path);
      }
      await tab.page.goto("/apps/app-3");
      await until("charts are drawn", async () => await tab.page.locator(".plot canvas").count() === 6);
      assertEquals(await tab.overflow(), 0);
      await tab.page.getByRole("button", { name: "Deploy" }).click();
      await tab.page.getByRole("dialog").waitFor();
      assertEquals(await tab.overflow(), 0);
    },
  );

  test("Light and dark follow the system, a choice is kept", {}, async ({ tab: { page } }) => {
    const background = () => page.evaluate("getComputedStyle(document.body).backgroundColor");
    await page.emulateMedia({ colorScheme: "dark" });
    const dark = await background();
    await page.emulateMedia({ colorScheme: "light" });
    const light = await background();
    assertNotEquals(dark, light);
    await page.getByRole("button", { name: "Use the dark theme" }).click();
    assertEquals(await background(), dark);
    await page.goto("/history");
    assertEquals(await background(), dark);
    await page.getByRole("button", { name: "Use the light theme" }).click();
    assertEquals(await background(), light);
  });

  test("Text is readable in both themes: contrast of at least 4.5", { apps: 12 }, async ({ tab: { page } }) => {
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme });
      for (const path of ["/", "/apps/app-3", "/config", "/new", "/data", "/data/kv/cache", "/data/d1/shop"]) {
        await page.goto(path);
        await page.locator("#main").waitFor();
        assertEquals(await page.evaluate(POOR_CONTRAST), [], `${path} ${colorScheme}`);
      }
    }
  });

  test("Every page has a strict policy and not one inline script or style", {}, async ({ server }) => {
    const headers = { authorization: `Bearer ${TOKEN}`, accept: "text/html" };
    for (const path of [...PAGES, "/login"]) {
      const response = await fetch(server.url + path, { headers });
      const html = await response.text();
      assertEquals(response.headers.get("content-security-policy"), CONTENT_SECURITY_POLICY, path);
      assertEquals(response.headers.get("cache-control"), "no-store", path);
      assert(!/<script(?![^>]* src=)/.test(html), `${path} has an inline script`);
      assert(!/ style=|<style| on[a-z]+="/.test(html), `${path} has an inline style or handler`);
      const asset = /href="(\/assets\/[^"]+\.css)"/.exec(html)![1]!;
      const style = await fetch(server.url + asset);
      assertStringIncludes(style.headers.get("cache-control")!, "immutable");
      assertEquals(style.headers.get("content-type"), "text/css; charset=utf-8");
      await style.body?.cancel();
    }
    const unknown = await fetch(`${server.url}/assets/x/constructor`);
    assertEquals(unknown.status, 404);
    await unknown.body?.cancel();
  });
});

/** Runs in the page: every element with text of its own whose colour is too close to what is behind it. */
const POOR_CONTRAST = `(() => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const bytes = (color) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = color;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const luminance = ([red, green, blue]) => [red, green, blue].map((value) => value / 255)
    .map((value) => value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4)
    .reduce((sum, value, at) => sum + value * [0.2126, 0.7152, 0.0722][at], 0);
  const behind = (element) => {
    for (let one = element; one !== null; one = one.parentElement) {
      const color = bytes(getComputedStyle(one).backgroundColor);
      if (color[3] === 255) return color;
    }
    return [255, 255, 255, 255];
  };
  return [...document.querySelectorAll("body *")].filter((element) =>
    element.checkVisibility() && element.offsetWidth > 1 && !element.closest("[disabled]") &&
    [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim() !== "")
  ).map((element) => {
    const [one, other] = [luminance(bytes(getComputedStyle(element).color)), luminance(behind(element))];
    return [(Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05), element];
  }).filter(([ratio]) => ratio < 4.5).map(([ratio, element]) => element.textContent.trim() + " " + ratio.toFixed(2));
})()`;
