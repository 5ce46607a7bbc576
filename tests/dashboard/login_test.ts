/** The login of the dashboard. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { TOKEN } from "./dashboard_server.ts";
import { dashboardTests } from "./dashboard_test_case.ts";

dashboardTests("Login to the dashboard", (test) => {
  test(
    "Login refuses a wrong token with a hint, and the right one leads to the page that was asked for",
    { signedIn: false },
    async ({ tab: { page }, server }) => {
      await page.goto("/apps/app-1");
      assertEquals(new URL(page.url()).pathname, "/login");
      assertStringIncludes(await page.locator("#token-hint").innerText(), "nano token");
      await page.getByLabel("Admin token").fill("wrong");
      await page.keyboard.press("Enter");
      await page.getByRole("alert").filter({ hasText: "This is not the token" }).waitFor();
      assertEquals(server.sessions.size, 0);
      await page.getByLabel("Admin token").fill(TOKEN);
      await page.keyboard.press("Enter");
      await page.waitForURL("/apps/app-1");
      await page.getByRole("heading", { name: "app-1", level: 1 }).waitFor();
      const [cookie] = await page.context().cookies();
      assertEquals([cookie?.httpOnly, cookie?.sameSite], [true, "Strict"]);
    },
  );

  test("Login tells when too many wrong tokens came", { signedIn: false }, async ({ tab: { page } }) => {
    await page.goto("/login?problem=limit");
    await page.getByRole("alert").filter({ hasText: "Too many wrong tokens" }).waitFor();
  });

  test("Sign out ends the session", {}, async ({ tab: { page }, server }) => {
    assertEquals(server.sessions.size, 1);
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.waitForURL("/login");
    assertEquals(server.sessions.size, 0);
    await page.goto("/history");
    assertEquals(new URL(page.url()).pathname, "/login");
  });

  test("A form without the session's CSRF field changes nothing", {}, async ({ tab: { page }, server }) => {
    const status = await page.evaluate(async () => {
      const body = new URLSearchParams({ confirm: "app-1", csrf: "guessed" });
      return (await fetch("/apps/app-1/remove", { method: "POST", body, headers: { accept: "text/html" } })).status;
    });
    assertEquals(status, 403);
    assertEquals(server.target.memory.has("app-1"), true);
  });

  test(
    "A page whose session has ended asks to sign in again instead of trying on and on",
    {},
    async ({ tab: { page }, server }) => {
      await page.locator("#live[data-state=live]").waitFor();
      const [cookie] = await page.context().cookies();
      server.sessions.close(cookie!.value);
      await server.stop();
      server.startAgain();
      const banner = page.getByRole("alert");
      await banner.filter({ hasText: "Your session has ended" }).waitFor();
      await banner.getByRole("link", { name: "Sign in again" }).click();
      await page.getByLabel("Admin token").waitFor();
    },
  );
});
