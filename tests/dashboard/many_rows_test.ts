/** The overview of more apps than a browser draws at once. */
import { assertEquals } from "@std/assert";
import { dashboardTests, until } from "./dashboard_test_case.ts";

dashboardTests("Overview of very many apps", (test) => {
  test(
    "Overview draws the first 500 of 2,000 apps, and finds all of them",
    { apps: 2_000 },
    async ({ tab: { page } }) => {
      const rows = page.locator("#apps tr[data-app]");
      const more = page.locator("#apps tr[data-more]");
      await until("live figures are drawn", async () => await page.locator("#apps svg.spark").count() > 0);
      assertEquals(await rows.count(), 500);
      assertEquals(await page.locator("#count").innerText(), "2000 apps");
      assertEquals((await more.innerText()).startsWith("1500 more match"), true);
      await page.getByRole("searchbox").fill("app-1999");
      await until("one app is shown", async () => await rows.count() === 1);
      assertEquals(await more.isVisible(), false);
      assertEquals(await page.locator("#count").innerText(), "1 of 2000 apps");
    },
  );
});
