/** One app's page of the dashboard. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { NanoError } from "../../runtime/mod.ts";
import { TOKEN } from "./dashboard_server.ts";
import { dashboardTests, until } from "./dashboard_test_case.ts";

dashboardTests("An app's page of the dashboard", (test) => {
  test(
    "App page shows state, reason of the last restart, charts and masked secrets",
    { path: null, apps: 8 },
    async (given) => {
      const { tab: { page } } = given;
      await page.goto("/apps/app-8");
      assertEquals(await page.locator("#app-state").innerText(), "running");
      assertStringIncludes(await page.locator(".trouble").innerText(), "The isolate used 128 MiB of 128 MiB");
      await until("six charts are drawn", async () => await page.locator(".plot canvas").count() === 6);
      const now = page.locator("[data-chart=requests] [data-now]");
      const first = await now.innerText();
      await until("the figure changes", async () => await now.innerText() !== first);
      const html = await page.content();
      assert(!html.includes("very-secret"), "the secret is nowhere in the page");
      assertStringIncludes(
        await page.locator("section", { hasText: "Environment" }).last().innerText(),
        "•••••• secret",
      );
    },
  );

  test("App page follows the app's state", { path: null }, async ({ tab: { page }, server: { target } }) => {
    await page.goto("/apps/app-1");
    await page.locator("#live[data-state=live]").waitFor();
    target.move("app-1", "failed", "Cannot start app: it throws at top level");
    await page.locator("#app-state[data-state=failed]").waitFor();
    await page.locator(".trouble").getByText("throws at top level").waitFor();
    assertStringIncludes(await page.locator("#announce").innerText(), "app-1 is failed");
  });

  test("Restart asks first; cancel changes nothing", { path: null }, async ({ tab: { page }, server: { target } }) => {
    await page.goto("/apps/app-1");
    await page.getByRole("link", { name: "Restart" }).click();
    const dialog = page.getByRole("dialog", { name: "Restart app-1?" });
    await dialog.getByText("Cancel").click();
    await dialog.waitFor({ state: "hidden" });
    assertEquals(target.operations.entries.length, 0);
    await page.getByRole("link", { name: "Restart" }).click();
    await dialog.getByRole("button", { name: "Restart" }).click();
    await page.getByRole("status").filter({ hasText: "Restarted app-1" }).waitFor();
    const [entry] = target.operations.entries;
    assertEquals([entry?.action, entry?.actor], ["app.restart", "dashboard 127.0.0.1"]);
    assertEquals(new URL(page.url()).search, "", "the note is gone from the address");
  });

  test(
    "Drain shows that it works and tells how many requests finished",
    { path: null },
    async ({ tab: { page }, server }) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      server.target.operations.drainGate = promise;
      await page.goto("/apps/app-1");
      await page.getByRole("link", { name: "Drain" }).click();
      const dialog = page.getByRole("dialog", { name: "Drain app-1?" });
      // Playwright waits for the answer of a form before it looks at the page again, so the page itself takes it down
      await page.evaluate(`{
        const button = document.querySelector("#drain-dialog [type=submit]");
        new MutationObserver(() => sessionStorage.setItem("seen", button.textContent)).observe(button, { childList: true });
      }`);
      await dialog.locator("button[type=submit]").click({ noWaitAfter: true });
      await until("the drain has begun", () => server.target.find("app-1").snapshot.state === "draining");
      resolve();
      await page.getByRole("status").filter({ hasText: "Drained app-1: 2 requests finished" }).waitFor();
      assertEquals(await page.evaluate("sessionStorage.getItem('seen')"), "Draining…");
      assertEquals(await page.locator("#app-state").innerText(), "stopped");
    },
  );

  test("Remove wants the app's name typed", { path: null }, async ({ tab: { page }, server: { target } }) => {
    await page.goto("/apps/app-1");
    await page.getByRole("link", { name: "Remove" }).click();
    const dialog = page.getByRole("dialog", { name: "Remove app-1?" });
    const button = dialog.getByRole("button", { name: "Remove" });
    assertEquals(await button.isDisabled(), true);
    await dialog.getByLabel("to confirm").fill("app-");
    assertEquals(await button.isDisabled(), true);
    await dialog.getByLabel("to confirm").fill("app-1");
    await button.click();
    await page.waitForURL("/");
    await page.getByRole("status").filter({ hasText: "Removed app-1" }).waitFor();
    assertEquals(target.memory.has("app-1"), false);
  });

  test("Versions: roll back, roll out by percent, delete; a refusal is shown", { path: null }, async (given) => {
    const { tab: { page }, server: { target } } = given;
    await page.goto("/apps/app-3");
    await page.getByRole("button", { name: "Serve v1" }).click();
    await page.getByRole("status").filter({ hasText: "app-3 serves v1" }).waitFor();
    assertEquals(target.find("app-3").origin.deployed, "v1");
    await page.locator("tr[data-version=v2]").getByRole("button", { name: "Give it 10 %" }).click();
    await page.getByLabel("v2 gets this part of the requests:").fill("35");
    await page.getByRole("button", { name: "Change", exact: true }).click();
    await page.getByRole("status").filter({ hasText: "v2 gets 35 % of the requests" }).waitFor();
    assertEquals(target.find("app-3").origin.rollout, { version: "v2", percent: 35 });
    await page.getByRole("button", { name: "End the rollout" }).click();
    await page.getByRole("status").filter({ hasText: "The rollout of v2 has ended" }).waitFor();
    await page.getByRole("button", { name: "Delete v2" }).click();
    await page.locator("tr[data-version=v2]").waitFor({ state: "detached" });
    target.refusal = new NanoError("CONFLICT", "Cannot roll back: a deploy is under way");
    await page.getByRole("button", { name: "Roll back to the one before" }).click();
    await page.getByRole("alert").filter({ hasText: "a deploy is under way" }).waitFor();
  });

  test("Settings: set and unset a variable, reset overrides, run a job", { path: null, apps: 8 }, async (given) => {
    const { tab: { page }, server: { target } } = given;
    await page.goto("/apps/app-8");
    await page.getByLabel("Name of the variable").fill("GREETING");
    await page.getByLabel("Value of the variable").fill("a <b> & c");
    await page.getByRole("button", { name: "Set", exact: true }).click();
    await page.getByRole("status").filter({ hasText: "Set GREETING" }).waitFor();
    assertEquals(target.find("app-8").config.env["GREETING"], "a <b> & c");
    await page.locator("tr", { hasText: "GREETING" }).getByText("a <b> & c").waitFor();
    await page.getByRole("button", { name: "Unset GREETING" }).click();
    await page.getByRole("status").filter({ hasText: "Unset GREETING" }).waitFor();
    assertEquals(target.find("app-8").config.env["GREETING"], undefined);
    await page.getByRole("button", { name: "Reset to nano.json" }).click();
    await page.getByRole("status").filter({ hasText: "app-8 is as nano.json says" }).waitFor();
    assertEquals(target.find("app-8").origin.overrides, null);
    target.operations.cronOk = false;
    await page.getByRole("button", { name: "Run tidy now" }).click();
    await page.getByRole("status").filter({ hasText: "Job tidy failed" }).waitFor();
  });

  test(
    "Live log follows, filters, pauses and clears",
    { path: null },
    async ({ tab: { page }, server: { target } }) => {
      const { observations } = target;
      observations.write("app-1", "an old line");
      await page.goto("/apps/app-1");
      const lines = page.locator("#log li[data-id]");
      await lines.filter({ hasText: "an old line" }).waitFor();
      await until("the page follows", () => observations.followers >= 2);
      observations.write("app-1", "a new line");
      observations.write("app-2", "of another app");
      observations.writeRequest("app-1", "POST", "/pay", 502);
      await lines.filter({ hasText: "POST /pay 502" }).waitFor();
      await lines.filter({ hasText: "a new line" }).waitFor();
      assertEquals(await lines.filter({ hasText: "of another app" }).count(), 0);

      await page.getByLabel("Level", { exact: true }).selectOption("error");
      await until("old lines are gone", async () => await lines.count() === 0);
      await until("it follows again", async () => {
        observations.write("app-1", "harmless");
        observations.write("app-1", "broken", { level: "error" });
        return await lines.filter({ hasText: "broken" }).count() > 0;
      });
      assertEquals(await lines.filter({ hasText: "harmless" }).count(), 0);
      await page.getByRole("button", { name: "Reset", exact: true }).click();
      await lines.filter({ hasText: "harmless" }).first().waitFor();

      await page.getByLabel("Status of requests").fill("5xx");
      await page.getByLabel("Method of requests").selectOption("POST");
      await until("old lines are gone again", async () => await lines.filter({ hasText: "harmless" }).count() === 0);
      // Each of the two changes follows anew, and the one before goes some time after: nothing tells which one is heard
      await until("it follows the requests", async () => {
        observations.writeRequest("app-1", "GET", "/fine", 200);
        observations.writeRequest("app-1", "POST", "/again", 503);
        return await lines.filter({ hasText: "/again" }).count() > 0;
      });
      assertEquals(await lines.filter({ hasText: "/fine" }).count(), 0);

      await page.getByRole("button", { name: "Pause" }).click();
      observations.writeRequest("app-1", "POST", "/later", 500);
      await page.locator("#log-status", { hasText: /Paused, \d+ new/ }).waitFor();
      assertEquals(await lines.filter({ hasText: "/later" }).count(), 0);
      await page.getByRole("button", { name: "Resume" }).click();
      await lines.filter({ hasText: "/later" }).waitFor();
      await page.getByRole("button", { name: "Clear" }).click();
      assertEquals(await lines.count(), 0);
    },
  );

  test("A flood of lines stays bounded on the page", { path: null }, async ({ tab: { page }, server: { target } }) => {
    await page.goto("/apps/app-1");
    await until("the page follows", () => target.observations.followers >= 2);
    for (let number = 1; number <= 5000; number++) target.observations.write("app-1", `line ${number}.`);
    const lines = page.locator("#log li");
    await lines.filter({ hasText: "line 5000." }).waitFor();
    assert(await lines.count() <= 1000, "old lines are dropped");
  });

  test(
    "What an app says stays text everywhere",
    { path: null, apps: 1 },
    async ({ tab: { page }, server: { target } }) => {
      const { observations, operations } = target;
      target.put("evil", {
        config: {
          ...target.find("app-1").config,
          hostnames: ["evil.localhost"],
          env: { EVIL },
          path: `/srv/${EVIL}`,
          crons: [{ schedule: "* * * * *", name: EVIL }],
        },
        snapshot: {
          ...target.find("app-1").snapshot,
          state: "failed",
          error: EVIL,
          lastExit: { reason: "uncaught_error", detail: EVIL, at: target.now() },
        },
        origin: {
          source: "api",
          versionOf: null,
          overrides: { path: EVIL },
          deployed: "v1",
          previous: null,
          rollout: null,
        },
      });
      operations.entries.push({
        id: 1,
        at: target.now(),
        actor: EVIL,
        action: "app.change",
        app: "evil",
        detail: EVIL,
        error: EVIL,
      });
      operations.aside = [{ app: "evil", reasons: [EVIL] }];
      observations.write("evil", `old ${EVIL}`);
      for (const path of ["/", "/apps/evil", "/history", "/config", "/events", `/${encodeURIComponent(EVIL)}`]) {
        await page.goto(path);
        await page.locator("#main").waitFor();
        if (path === "/events") {
          await page.locator("#live[data-state=live]").waitFor();
          target.events.emit({ event: "warning", text: EVIL });
          await page.locator("#events li", { hasText: "onerror" }).waitFor();
        }
        if (path === "/apps/evil") {
          await page.locator("#log li", { hasText: "old <img" }).waitFor();
          await until("the page follows", () => observations.followers >= 2);
          observations.write("evil", `new ${EVIL}`, { level: "error", kind: "exception" });
          await page.locator("#log li", { hasText: "new <img" }).waitFor();
        }
        assertEquals(await page.locator("img").count(), 0, `${path} has no image`);
        assertEquals(await page.evaluate("globalThis.harmed"), undefined, path);
      }
    },
  );

  test(
    "From the login to a restart by keyboard alone",
    { signedIn: false },
    async ({ tab: { page }, server }) => {
      await page.goto("/");
      await page.locator("input:focus").waitFor();
      await page.keyboard.type(TOKEN);
      await page.keyboard.press("Enter");
      await page.locator("#apps").waitFor();
      await page.keyboard.press("Tab");
      assertEquals(await focusText(), "Skip to the content");
      await page.keyboard.press("/");
      await page.keyboard.type("app-2");
      await tabTo("app-2");
      await page.keyboard.press("Enter");
      await page.waitForURL("/apps/app-2");
      await tabTo("Restart");
      await page.keyboard.press("Enter");
      await page.getByRole("dialog", { name: "Restart app-2?" }).waitFor();
      await page.keyboard.press("Escape");
      assertEquals(await focusText(), "Restart", "the focus is back where it was");
      await page.keyboard.press("Enter");
      for (let presses = 0; presses < 10; presses++) {
        await page.keyboard.press("Tab");
        const place = await page.evaluate(
          "document.activeElement.closest('dialog')?.id ?? document.activeElement.tagName",
        );
        assert(["restart-dialog", "BODY"].includes(String(place)), `the focus has left the dialog for ${place}`);
      }
      await tabTo("Restart");
      await page.keyboard.press("Enter");
      await page.getByRole("status").filter({ hasText: "Restarted app-2" }).waitFor();
      assertEquals(server.target.operations.entries.length, 1);

      async function focusText(): Promise<string> {
        return String(await page.evaluate("document.activeElement.textContent.trim()"));
      }

      async function tabTo(text: string): Promise<void> {
        for (let presses = 0; presses < 60; presses++) {
          await page.keyboard.press("Tab");
          if (await focusText() === text) return;
        }
        throw new Error(`Tab never reached "${text}"`);
      }
    },
  );
});

const EVIL = `<img src=x onerror="globalThis.harmed=1"><script>globalThis.harmed=1</script>"'>`;
