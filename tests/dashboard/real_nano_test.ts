/** The dashboard over a real NANO with a real app. */
import { assertEquals } from "@std/assert";
import { Buffer } from "node:buffer";
import { AdminServer } from "../../admin/server.ts";
import { loadConfig, Nano } from "../../runtime/mod.ts";
import { rawZip } from "../support/raw_zip.ts";
import { TempProject } from "../support/temp_project.ts";
import { findChromium, TestBrowser } from "./browser.ts";
import { TOKEN } from "./dashboard_server.ts";
import { until } from "./dashboard_test_case.ts";

const PATH_CODE = `export default {
  fetch(request) {
    console.log("asked for", new URL(request.url).pathname);
    return new Response("from the path");
  },
};`;

Deno.test({
  name: "Dashboard deploys to a real NANO, follows its log, and rolls back",
  ignore: findChromium() === null && !Deno.env.get("CI"),
  async fn() {
    const config = { default_app: "hello" };
    await using project = await TempProject.create({ hello: { files: PATH_CODE } }, config);
    await using nano = await Nano.start(await loadConfig(project.configFile), { write: () => {} });
    await using admin = AdminServer.start(nano, { hostname: "127.0.0.1", port: 0, token: TOKEN });
    await using browser = await TestBrowser.start();
    await using tab = await browser.open(admin.url);
    const { page } = tab;
    await tab.signIn(TOKEN);
    await page.locator("tr[data-app=hello] .state[data-state=running]").waitFor();

    await page.getByRole("link", { name: "hello", exact: true }).click();
    await page.locator("#live[data-state=live]").waitFor();
    const lines = page.locator("#log li[data-id]");
    await until("a request is in the live log", async () => {
      assertEquals(await answer(), "from the path");
      return await lines.filter({ hasText: "GET /seen" }).count() > 0;
    });
    await lines.filter({ hasText: "asked for /seen" }).first().waitFor();

    await deploy(`export default { fetch: () => new Response("from the archive") };`);
    await page.getByRole("status").filter({ hasText: "Deployed v1 of hello" }).waitFor();
    assertEquals(await answer(), "from the archive");

    await deploy("export default {");
    await page.getByRole("dialog").getByRole("alert").waitFor();
    assertEquals(await answer(), "from the archive", "what cannot boot changes nothing");
    await page.getByRole("dialog").getByRole("button", { name: "Cancel" }).click();

    await page.getByRole("button", { name: "Serve path" }).click();
    await page.getByRole("status").filter({ hasText: "hello serves the code of its path" }).waitFor();
    assertEquals(await answer(), "from the path");

    await page.goto("/history?app=hello");
    await page.locator("tr[data-entry]").first().waitFor();
    await page.goto("/config");
    await page.getByText("Nothing: what the file says is in force").waitFor();
    assertEquals(tab.faults, []);

    async function answer(): Promise<string> {
      return await (await fetch(`${nano.url}/seen`)).text();
    }

    async function deploy(code: string): Promise<void> {
      await page.getByRole("button", { name: "Deploy" }).first().click();
      const dialog = page.getByRole("dialog");
      const buffer = Buffer.from(rawZip([{ name: "index.ts", content: code }]));
      await dialog.getByLabel("Archive").setInputFiles({ name: "hello.zip", mimeType: "application/zip", buffer });
      await dialog.getByRole("button", { name: "Deploy" }).click();
    }
  },
});

Deno.test({
  name: "A limit that is changed in the dashboard holds in a real NANO, and goes back to nano.json's",
  ignore: findChromium() === null && !Deno.env.get("CI"),
  async fn() {
    const code = `export default { fetch: async (request) => new Response(await request.text()) };`;
    await using project = await TempProject.create(
      { hello: { files: code, config: { max_body_bytes: 20, max_queue: 7 } } },
      { default_app: "hello" },
    );
    await using nano = await Nano.start(await loadConfig(project.configFile), { write: () => {} });
    await using admin = AdminServer.start(nano, { hostname: "127.0.0.1", port: 0, token: TOKEN });
    await using browser = await TestBrowser.start();
    await using tab = await browser.open(admin.url);
    const { page } = tab;
    await tab.signIn(TOKEN, "/apps/hello");
    await page.getByRole("link", { name: "Edit limits" }).click();
    assertEquals(await page.getByLabel("max_body_bytes").inputValue(), "20");
    assertEquals(await status(20), 200);
    assertEquals(await status(21), 413);

    await page.getByLabel("max_body_bytes").fill("-20");
    await page.getByRole("button", { name: "Save" }).click();
    await page.locator("#max_body_bytes-problem").waitFor();
    assertEquals(await page.getByLabel("max_body_bytes").inputValue(), "-20");
    await page.getByLabel("max_body_bytes").fill("21");
    await page.getByLabel("max_queue").fill("");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByRole("status").filter({ hasText: "Changed Requests that queue: default, Request body: 21 bytes" })
      .waitFor();
    assertEquals(await status(21), 200);
    assertEquals(await status(22), 413);
    assertEquals(nano.config.apps[0]?.maxQueue, 512);

    await page.getByRole("button", { name: "Reset to nano.json" }).click();
    await page.getByRole("status").filter({ hasText: "hello is as nano.json says" }).waitFor();
    assertEquals([await status(20), await status(21)], [200, 413]);
    assertEquals(nano.config.apps[0]?.maxQueue, 7);
    assertEquals(tab.faults, []);

    async function status(bytes: number): Promise<number> {
      const answer = await fetch(nano.url, { method: "POST", body: "x".repeat(bytes) });
      await answer.body?.cancel();
      return answer.status;
    }
  },
});
