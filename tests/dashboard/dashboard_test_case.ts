/** Declares a test of the dashboard: a listener over a fake NANO, a page in Chromium, and no fault allowed on it. */
import { assertEquals } from "@std/assert";
import type { BrowserContextOptions } from "playwright-core";
import type { FakeAdminOptions } from "../support/fake_admin_target.ts";
import { CHROMIUM_MISSING, findChromium, TestBrowser, type TestTab } from "./browser.ts";
import { DashboardServer, TOKEN } from "./dashboard_server.ts";

/** What a test works with. */
export interface DashboardCase {
  readonly server: DashboardServer;
  readonly tab: TestTab;
  readonly browser: TestBrowser;
}

/** How a test begins. */
export interface DashboardCaseOptions extends FakeAdminOptions {
  /** Off: the page stays where no session is. Default: on. */
  readonly signedIn?: boolean;
  /** Of the page. */
  readonly browser?: BrowserContextOptions;
}

// On a machine that tests every commit a missing browser is a failure; elsewhere the reason is told once a file
const isMissing = findChromium() === null;
const isIgnored = isMissing && !Deno.env.get("CI");
if (isIgnored) console.warn(`${CHROMIUM_MISSING}. Until then they are left out`);

/** @param name a sentence */
export function dashboardTest(
  name: string,
  { signedIn = true, browser: browserOptions = {}, ...options }: DashboardCaseOptions,
  run: (given: DashboardCase) => Promise<void>,
): void {
  Deno.test({
    name,
    ignore: isIgnored,
    async fn() {
      await using server = new DashboardServer({ tickMs: 100, ...options });
      await using browser = await TestBrowser.start();
      await using tab = await browser.open(server.url, browserOptions);
      if (signedIn) await tab.signIn(TOKEN);
      await run({ server, tab, browser });
      assertEquals(tab.faults, []);
    },
  });
}

/** Waits until the condition holds. @throws Error with the description after 20 s */
export async function until(description: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 20_000;
  while (!await condition()) {
    if (performance.now() > deadline) throw new Error(`This did not come true: ${description}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Bytes that look like a zip. */
export const ZIP_BYTES: Uint8Array = new Uint8Array([0x50, 0x4b, 3, 4, ...new Array<number>(2000).fill(7)]);
