/** The overview of the dashboard. */
import { assert, assertEquals } from "@std/assert";
import { dashboardTests, until } from "./dashboard_test_case.ts";

dashboardTests("Overview of the dashboard", (test) => {
  test("Overview shows live figures and a sparkline for each", { apps: 8 }, async ({ tab: { page } }) => {
    const row = page.locator("tr[data-app=app-1]");
    const figure = row.locator("[data-metric=requests_per_second] .figure");
    const first = await figure.innerText();
    await until("the requests of app-1 change", async () => await figure.innerText() !== first);
    await until("8 sparklines", async () => await row.locator("svg.spark").count() === 8);
    const line = row.locator("[data-metric=heap_bytes] svg path").last();
    // It comes after the first ticks where the server is busy.
    await until("the past is in the line", async () => (await line.getAttribute("d"))!.split("L").length > 30);
    assertEquals(await page.locator("#totals svg.spark").count(), 5);
  });

  test(
    "Overview finds apps by name and host, filters by state and sorts by a figure",
    { apps: 30 },
    async ({ tab: { page } }) => {
      const shown = page.locator("#apps tr[data-app]:not([hidden])");
      assertEquals(await shown.first().getAttribute("data-app"), "app-10", "what failed comes first");
      await page.keyboard.press("/");
      assertEquals(await page.evaluate("document.activeElement.id"), "search");
      await page.keyboard.type("app-2.LOCAL");
      await until("one app is shown", async () => await shown.count() === 1);
      assertEquals(await page.locator("#count").innerText(), "1 of 30 apps");
      await page.keyboard.press("Escape");
      await until("all apps are shown", async () => await shown.count() === 30);
      await page.keyboard.type("nothing like it");
      await page.getByText("No app matches").waitFor();
      await page.keyboard.press("Escape");

      await page.getByLabel("State").selectOption("failed");
      await until("three apps have failed", async () => await shown.count() === 3);
      assertEquals(new URL(page.url()).search, "?state=failed");
      await page.getByLabel("State").selectOption("");

      await page.getByRole("link", { name: "Heap" }).click();
      const header = page.getByRole("columnheader", { name: "Heap" });
      assertEquals(await header.getAttribute("aria-sort"), "descending");
      // app-30 has the largest heap, but sleeps; live ones swing by 4 MB
      const first = await shown.first().getAttribute("data-app");
      assert(["app-27", "app-29", "app-30"].includes(first!), `${first} has a large heap`);
      await page.reload();
      assertEquals(await page.getByRole("columnheader", { name: "Heap" }).getAttribute("aria-sort"), "descending");
    },
  );

  test("Overview takes up apps that come and go without a reload", { apps: 3 }, async ({ tab, server }) => {
    const { page } = tab;
    await page.evaluate("globalThis.stayed = true");
    server.target.put("newcomer");
    await page.getByRole("link", { name: "newcomer" }).waitFor();
    server.target.memory.delete("app-2");
    await page.locator("tr[data-app=app-2]").waitFor({ state: "detached" });
    assertEquals(await page.locator("#count").innerText(), "3 apps");
    assertEquals(await page.evaluate("globalThis.stayed"), true);
  });

  for (const width of [1280, 1001, 390]) {
    const browser = { viewport: { width, height: 800 } };
    test(`Overview has room for the longest states, ${width} pixels wide`, { apps: 3, browser }, async (given) => {
      const { tab: { page }, server: { target } } = given;
      const app = target.find("app-1");
      app.snapshot = { ...app.snapshot, state: "crash_loop", crashes: 99 };
      target.move("app-2", "quarantined", "Quarantined: the host died twice\nA restart ends it");
      for (const [name, text] of [["app-1", "crash loop, 99 deaths"], ["app-2", "quarantined"]]) {
        const cell = page.locator(`tr[data-app=${name}] td`).nth(1);
        await cell.getByText(text!, { exact: true }).waitFor();
        const state = (await cell.locator(".state").boundingBox())!;
        const room = (await cell.boundingBox())!;
        assert(
          state.x >= room.x && state.x + state.width <= room.x + room.width,
          JSON.stringify({ name, state, room }),
        );
      }
      await page.locator("#attention li", { hasText: "app-2" }).waitFor();
      const told = await page.locator("#attention li", { hasText: "app-2" }).locator("p").innerText();
      assertEquals(told, "Quarantined: the host died twice");
    });
  }

  test("Overview names what needs attention with the reason, and restarts it", { apps: 3 }, async (given) => {
    const { tab: { page }, server: { target } } = given;
    assertEquals(await page.locator("#attention li").count(), 0);
    target.move("app-2", "failed", 'Cannot start app "app-2": no fetch export');
    const item = page.locator("#attention li", { hasText: "app-2" });
    await item.getByText("no fetch export").waitFor();
    await until(
      "the row tells it too",
      async () => await page.locator("tr[data-app=app-2] .state").innerText() === "failed",
    );
    const row = page.locator("tr[data-app=app-1]");
    const figure = row.locator("[data-metric=requests_per_second] .figure");
    const before = await figure.innerText();
    await until("app-1 is drawn again", async () => await figure.innerText() !== before);
    assertEquals(await row.locator("svg.spark").count(), 8, "a row that stays keeps one line a figure");
    await item.getByRole("button", { name: "Restart app-2" }).click();
    await page.getByRole("status").filter({ hasText: "Restarted app-2" }).waitFor();
    assertEquals(new URL(page.url()).pathname, "/");
    assertEquals(target.find("app-2").snapshot.state, "running");
  });

  test("Overview without apps says how to get one", { apps: 0 }, async ({ tab: { page }, server }) => {
    await page.getByRole("heading", { name: "No apps yet" }).waitFor();
    assert((await page.locator("#no-apps").innerText()).includes("nano deploy"));
    server.target.put("first");
    await page.locator("tr[data-app=first]").waitFor();
  });

  test("Overview tells a lost connection and finds back by itself", {}, async ({ tab: { page }, server }) => {
    await page.locator("#live[data-state=live]").waitFor();
    await server.stop();
    const banner = page.getByRole("alert");
    await banner.filter({ hasText: "connection to NANO is lost" }).waitFor();
    assertEquals(await page.locator("#live").innerText(), "Offline");
    server.startAgain();
    // On a slow machine it has found back before the click, and the button is gone.
    banner.getByRole("button", { name: "Try now" }).click().catch(() => {});
    await page.locator("#live[data-state=live]").waitFor();
    await banner.waitFor({ state: "hidden" });
  });

  test(
    "Overview of 500 apps draws only what is on the screen",
    { path: null, apps: 500 },
    async ({ tab: { page } }) => {
      await page.goto("/");
      await until(
        "the first rows have their sparklines",
        async () => await page.locator("#apps svg.spark").count() >= 40,
      );
      const timing = await page.evaluate(async () => {
        const paint = performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? NaN;
        const [entry] = performance.getEntriesByType("navigation") as unknown as Record<string, number>[];
        // The longest task while live figures come in: what would make typing and scrolling stutter
        let longest = 0;
        const observer = new PerformanceObserver((list) => {
          for (const { duration } of list.getEntries()) longest = Math.max(longest, duration);
        });
        observer.observe({ entryTypes: ["longtask"] });
        await new Promise((resolve) => setTimeout(resolve, 2000));
        observer.disconnect();
        return {
          paint,
          response: entry!.responseEnd,
          interactive: entry!.domInteractive,
          bytes: entry!.decodedBodySize,
          longest,
        };
      });
      const sparks = await page.locator("#apps svg.spark").count();
      console.log(
        `500 apps: answered after ${Math.round(timing.response!)} ms, painted after ${Math.round(timing.paint)} ms, ` +
          `interactive after ${Math.round(timing.interactive!)} ms, ${Math.round(timing.bytes! / 1024)} KiB of HTML, ` +
          `${sparks} sparklines, longest task under 10 ticks a second ${Math.round(timing.longest)} ms`,
      );
      assertEquals(await page.locator("#apps tr[data-app]").count(), 500);
      assert(sparks < 8 * 100, "rows off the screen have no sparklines");
      await page.getByLabel("Search apps").fill("app-499");
      await page.locator("tr[data-app=app-499] svg.spark").first().waitFor();
    },
  );

  test(
    "Overview and changes work without a script",
    { apps: 12, browser: { javaScriptEnabled: false } },
    async ({ tab: { page }, server: { target } }) => {
      await page.getByLabel("Search apps").fill("app-10");
      await page.getByRole("button", { name: "Show" }).click();
      assertEquals(await page.locator("#apps tr[data-app]").count(), 1);
      await page.getByRole("link", { name: "CPU" }).click();
      assertEquals(new URL(page.url()).searchParams.get("sort"), "-cpu");
      await page.locator("#apps").getByRole("link", { name: "app-10" }).click();
      await page.getByRole("link", { name: "Restart" }).click();
      await page.getByRole("heading", { name: "Restart app-10?" }).waitFor();
      await page.getByRole("button", { name: "Restart" }).click();
      await page.getByText("Restarted app-10").waitFor();
      await page.getByRole("link", { name: "Remove" }).click();
      await page.getByLabel("to confirm").fill("app-1");
      await page.getByRole("button", { name: "Remove" }).click();
      await page.getByText("type its name to confirm").waitFor();
      assertEquals(target.memory.has("app-10"), true);
    },
  );
});
