/** Deploys from the dashboard. */
import { assertEquals } from "@std/assert";
import { Buffer } from "node:buffer";
import { NanoError } from "../../runtime/mod.ts";
import { dashboardTests, until, ZIP_BYTES } from "./dashboard_test_case.ts";

const ZIP = { name: "site.zip", mimeType: "application/zip", buffer: Buffer.from(ZIP_BYTES) };

dashboardTests("Deploys from the dashboard", (test) => {
  test("A file that is chosen becomes a new version", { path: null }, async ({ tab: { page }, server: { target } }) => {
    await page.goto("/apps/app-1");
    await page.getByRole("button", { name: "Deploy" }).click();
    const dialog = page.getByRole("dialog", { name: "Deploy a new version of app-1" });
    await dialog.getByLabel("Archive").setInputFiles(ZIP);
    await dialog.getByLabel("Note").fill("Faster");
    await dialog.getByRole("button", { name: "Deploy" }).click();
    await page.getByRole("status").filter({ hasText: "Deployed v1 of app-1" }).waitFor();
    const [version] = target.operations.versions.list("app-1");
    assertEquals([version?.note, version?.role, version?.actor], ["Faster", "active", "dashboard 127.0.0.1"]);
    assertEquals(target.operations.archiveBytes, ZIP_BYTES.length);
    await page.locator("tr[data-version=v1]").waitFor();
  });

  test(
    "A deploy may go to a part of the requests, or to a preview",
    { path: null },
    async ({ tab: { page }, server }) => {
      const { target } = server;
      for (const [choice, role] of [["A part of the requests", "rollout"], ["Nobody: a preview", "preview"]] as const) {
        await page.goto("/apps/app-1");
        await page.getByRole("button", { name: "Deploy" }).click();
        const dialog = page.getByRole("dialog");
        await dialog.getByLabel("Archive").setInputFiles(ZIP);
        await dialog.getByRole("radio", { name: choice }).check();
        await dialog.getByRole("button", { name: "Deploy" }).click();
        await page.getByRole("status").filter({ hasText: "Deployed v" }).waitFor();
        assertEquals(target.operations.versions.list("app-1")[0]?.role, role);
      }
      assertEquals(target.find("app-1").origin.rollout?.percent, 10);
      await page.getByRole("link", { name: "v2--app-1.app-1.localhost" }).waitFor();
    },
  );

  test("An archive that is dropped on the overview becomes a new app", {}, async ({ tab: { page }, server }) => {
    await drop(page, "My Shop_2.tar.gz", [0x1f, 0x8b, 1, 2, 3]);
    const dialog = page.getByRole("dialog", { name: "Deploy a new app" });
    await dialog.waitFor();
    assertEquals(await dialog.getByLabel("Name").first().inputValue(), "my-shop-2");
    await dialog.getByLabel("Hostname").fill("shop.localhost, www.shop.localhost");
    await dialog.getByRole("button", { name: "Deploy" }).click();
    await page.waitForURL("/apps/my-shop-2");
    const { config, versions } = server.target.find("my-shop-2");
    assertEquals(config.hostnames, ["shop.localhost", "www.shop.localhost"]);
    assertEquals(versions.length, 1);
  });

  test("An archive that is dropped on an app's page asks before it is deployed", { path: null }, async (given) => {
    const { tab: { page }, server: { target } } = given;
    await page.goto("/apps/app-2");
    await drop(page, "app.zip", [...ZIP_BYTES]);
    const dialog = page.getByRole("dialog", { name: "Deploy a new version of app-2" });
    await dialog.waitFor();
    assertEquals(target.operations.versions.list("app-2").length, 0);
    await dialog.getByRole("button", { name: "Deploy" }).click();
    await page.locator("tr[data-version=v1]").waitFor();
  });

  test(
    "What is no archive, or cannot boot, is told in the dialog",
    { path: null },
    async ({ tab: { page }, server }) => {
      const { target } = server;
      await page.goto("/apps/app-1");
      await page.getByRole("button", { name: "Deploy" }).click();
      const dialog = page.getByRole("dialog");
      const button = dialog.getByRole("button", { name: "Deploy" });
      await dialog.getByLabel("Archive").setInputFiles({ ...ZIP, name: "photo.png" });
      await button.click();
      await dialog.getByRole("alert").filter({ hasText: '"photo.png" is no archive' }).waitFor();
      await dialog.getByLabel("Archive").setInputFiles({ ...ZIP, buffer: Buffer.from("no zip at all") });
      await button.click();
      await dialog.getByRole("alert").filter({ hasText: "no zip and no tar.gz" }).waitFor();
      await dialog.getByLabel("Archive").setInputFiles(ZIP);
      target.refusal = new NanoError("CONFIG_INVALID", "Cannot start the version", {
        details: ["index.ts: it throws"],
      });
      await button.click();
      await dialog.getByRole("alert").filter({ hasText: "index.ts: it throws" }).waitFor();
      await button.click();
      await until("the next try works", () => target.operations.versions.list("app-1").length === 1);
      await page.locator("tr[data-version=v1]").waitFor();
    },
  );

  test(
    "An app is added from a folder; mistakes keep what was written",
    {},
    async ({ tab: { page }, server }) => {
      await page.getByRole("link", { name: "Add from a folder" }).click();
      await page.getByLabel("Path").fill("/srv/blog");
      await page.getByLabel("Hostname").fill("app-1.localhost");
      await page.getByLabel("Environment").fill("LEVEL=debug\nEMPTY=\n# a comment\nURL=a=b");
      await page.getByRole("button", { name: "Add the app" }).click();
      await page.getByRole("alert").filter({ hasText: "the name is taken" }).waitFor();
      assertEquals(await page.getByLabel("Path").inputValue(), "/srv/blog");
      await page.getByLabel("Hostname").fill("blog.localhost");
      await page.getByRole("button", { name: "Add the app" }).click();
      await page.waitForURL("/apps/blog");
      const { config } = server.target.find("blog");
      assertEquals([config.path, config.env], ["/srv/blog", { LEVEL: "debug", EMPTY: "", URL: "a=b" }]);
    },
  );
});

async function drop(page: import("playwright-core").Page, name: string, bytes: number[]): Promise<void> {
  const transfer = await page.evaluateHandle(({ name, bytes }) => {
    const made: { items: { add(file: File): void } } = Reflect.construct(Reflect.get(globalThis, "DataTransfer"), []);
    made.items.add(new File([new Uint8Array(bytes)], name));
    return made;
  }, { name, bytes });
  await page.dispatchEvent("body", "dragenter", { dataTransfer: transfer });
  await page.getByText("Drop the archive to deploy it").waitFor();
  await page.dispatchEvent("body", "drop", { dataTransfer: transfer });
}
