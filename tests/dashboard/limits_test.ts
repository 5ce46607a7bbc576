/** The form of an app's limits in the dashboard. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { APP_LIMIT_KEYS, APP_LIMITS, NanoError } from "../../runtime/mod.ts";
import { dashboardTests } from "./dashboard_test_case.ts";

dashboardTests("Limits in the dashboard", (test) => {
  test("Every limit of the table is shown on the app's page and has a field", { path: null }, async ({ tab }) => {
    const { page } = tab;
    await page.goto("/apps/app-1");
    const panel = page.locator("section", { has: page.locator("#limits-title") });
    for (const { label } of Object.values(APP_LIMITS)) await panel.getByText(label, { exact: true }).waitFor();
    await panel.getByText("100 MiB").waitFor();
    await page.getByRole("link", { name: "Edit limits" }).click();
    for (const key of APP_LIMIT_KEYS) {
      const field = page.locator(`[data-limit=${key}]`);
      assertStringIncludes(await field.locator("label").innerText(), APP_LIMITS[key].label);
      assertStringIncludes(await field.locator(".hint").innerText(), APP_LIMITS[key].help.replaceAll("`", ""));
    }
    assertEquals(await page.getByLabel("memory_mb").inputValue(), "128");
    assertEquals(await page.getByLabel("external_mb").inputValue(), "", "what follows another limit is left to follow");
  });

  test("What is changed is sent, and nothing else", { path: null }, async ({ tab: { page }, server: { target } }) => {
    await page.goto("/apps/app-1/limits");
    await page.getByLabel("memory_mb").fill(" 256 ");
    await page.getByLabel("idle_timeout_ms").fill("600000");
    await page.getByLabel("max_queue").fill("");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByRole("status").filter({
      hasText: "Changed Heap: 256 MiB, Requests that queue: default, Parked after: 600 s",
    }).waitFor();
    assertEquals(new URL(page.url()).pathname, "/apps/app-1");
    assertEquals(target.find("app-1").origin.overrides, { memory_mb: 256, max_queue: null, idle_timeout_ms: 600_000 });
    const [entry] = target.operations.entries;
    assertEquals([entry?.action, entry?.actor], ["app.change", "dashboard 127.0.0.1"]);
    await page.goto("/apps/app-1/limits");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByRole("status").filter({ hasText: "No limit was changed" }).waitFor();
    assertEquals(target.operations.entries.length, 1);
  });

  test(
    "Refused values are told at their fields, and what was typed stays",
    { path: null },
    async ({ tab: { page }, server: { target } }) => {
      await page.goto("/apps/app-1/limits");
      await page.getByLabel("memory_mb").fill("5");
      await page.getByLabel("cpu_ms").fill("fast");
      await page.getByLabel("external_mb").fill("1e3");
      await page.locator("#timeout_ms").fill("-1");
      await page.getByLabel("max_queue").fill("7");
      await page.getByRole("button", { name: "Save" }).click();
      await page.getByRole("alert").filter({ hasText: "Nothing was changed" }).waitFor();
      const expected = {
        memory_mb: 'Cannot be "5": expected a whole number of MiB from 16 to 65536',
        external_mb: 'Cannot be "1e3": expected a whole number of MiB from 16 to 65536',
        cpu_ms: 'Cannot be "fast": expected a whole number of milliseconds from 50 to 2147483647',
        timeout_ms: 'Cannot be "-1": expected a whole number of milliseconds from 1 to 2147483647',
      };
      for (const [key, problem] of Object.entries(expected)) {
        assertEquals(await page.locator(`#${key}-problem`).innerText(), problem);
        assertEquals(await page.locator(`#${key}`).getAttribute("aria-invalid"), "true");
        const described = await page.locator(`#${key}`).getAttribute("aria-describedby");
        assert(described?.startsWith(`${key}-problem `), "a reader of the screen hears it");
      }
      const typed = (key: string) => page.locator(`#${key}`).inputValue();
      assertEquals(
        [await typed("memory_mb"), await typed("external_mb"), await typed("cpu_ms"), await typed("timeout_ms")],
        ["5", "1e3", "fast", "-1"],
      );
      assertEquals([await typed("max_queue"), await typed("max_concurrent")], ["7", "512"]);
      assertEquals(await page.locator("[aria-invalid]").count(), 4);
      assertEquals(await page.evaluate("document.activeElement.id"), "memory_mb");
      assertEquals(target.operations.entries.length, 0);

      for (const [key, value] of [["memory_mb", "64"], ["external_mb", ""], ["cpu_ms", "50"], ["timeout_ms", "1"]]) {
        await page.locator(`#${key}`).fill(value!);
      }
      await page.getByRole("button", { name: "Save" }).click();
      await page.getByRole("status").filter({ hasText: "Changed Heap: 64 MiB" }).waitFor();
      assertEquals(target.find("app-1").origin.overrides, { memory_mb: 64, cpu_ms: 50, timeout_ms: 1, max_queue: 7 });
    },
  );

  test(
    "What the configuration as a whole is refused for is told above and at the field",
    { path: null },
    async ({ tab: { page }, server: { target } }) => {
      await page.goto("/apps/app-1/limits");
      target.refusal = new NanoError("CONFIG_INVALID", 'Cannot change app "app-1": it would not fit', {
        details: ["max_queue is 9: another key forbids it"],
      });
      await page.getByLabel("max_queue").fill("9");
      await page.getByRole("button", { name: "Save" }).click();
      await page.getByRole("alert").filter({ hasText: "it would not fit" }).waitFor();
      assertEquals(await page.locator("#max_queue-problem").innerText(), "It is 9: another key forbids it");
      assertEquals(await page.getByLabel("max_queue").inputValue(), "9");
    },
  );

  test(
    "A change by somebody else in between is shown and not overwritten",
    { path: null },
    async ({ tab: { page }, server: { target } }) => {
      await page.goto("/apps/app-1/limits");
      await target.operations.apps.change("app-1", { memory_mb: 512 }, { actor: "api 10.0.0.7", ifMatch: null });
      await page.getByLabel("memory_mb").fill("256");
      await page.getByRole("button", { name: "Save" }).click();
      await page.getByRole("alert").filter({ hasText: 'Cannot change app "app-1"' }).waitFor();
      assertEquals(target.find("app-1").config.memoryMb, 512);
      assertStringIncludes(await page.locator("[data-limit=memory_mb]").innerText(), "In force: 512 MiB");
      assertEquals(await page.getByLabel("memory_mb").inputValue(), "256");
      await page.getByRole("button", { name: "Save" }).click();
      await page.getByRole("status").filter({ hasText: "Changed Heap: 256 MiB" }).waitFor();
      assertEquals(target.find("app-1").config.memoryMb, 256);
    },
  );

  test("Without the session's field nothing is changed", { path: null }, async ({ tab: { page }, server }) => {
    await page.goto("/apps/app-1/limits");
    const answer = await page.request.post("/apps/app-1/limits", { form: { memory_mb: "256" } });
    assertEquals(answer.status(), 403);
    assertEquals(server.target.operations.entries.length, 0);
    assertEquals((await page.goto("/apps/nobody/limits"))?.status(), 404);
  });

  for (const width of [1280, 390]) {
    test(
      `The form fits ${width} pixels, with its mistakes`,
      { path: null, browser: { viewport: { width, height: 860 } } },
      async ({ tab }) => {
        const { page } = tab;
        await page.goto("/apps/app-1/limits");
        await page.getByLabel("memory_mb").fill("5");
        await page.getByRole("button", { name: "Save" }).click();
        await page.locator("#memory_mb-problem").waitFor();
        assertEquals(await tab.overflow(), 0);
      },
    );
  }
});
