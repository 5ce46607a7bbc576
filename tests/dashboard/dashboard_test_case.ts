/** Declares tests of the dashboard: a listener over a fake NANO, a page in Chromium, and no fault allowed on it. */
import { assertEquals } from "@std/assert";
import type { BrowserContextOptions } from "playwright-core";
import type { FakeAdminOptions } from "../support/fake_admin_target.ts";
import { CHROMIUM_MISSING, findChromium, TestBrowser, type TestTab } from "./browser.ts";
import { DashboardServer, TOKEN } from "./dashboard_server.ts";

/** What a test works with. */
export interface DashboardCase {
  readonly server: DashboardServer;
  readonly tab: TestTab;
}

/** How a test begins. */
export interface DashboardCaseOptions extends FakeAdminOptions {
  /** Off: the page stays where no session is. Default: on. */
  readonly signedIn?: boolean;
  /** Of the page. */
  readonly browser?: BrowserContextOptions;
}

type Run = (given: DashboardCase) => Promise<void>;

// On a machine that tests every commit a missing browser is a failure; elsewhere the reason is told once a file
const isIgnored = findChromium() === null && !Deno.env.get("CI");

/**
 * Declares the tests of one file as steps of one test: starting Chromium takes longer than most of them. The leak
 * sanitizers look at the whole, browser included; within it the browser's pipe is always busy.
 *
 * @param name what is tested
 * @param declare calls `test(name, options, run)` for each
 */
export function dashboardTests(
  name: string,
  declare: (test: (name: string, options: DashboardCaseOptions, run: Run) => void) => void,
): void {
  const cases: { readonly name: string; readonly options: DashboardCaseOptions; readonly run: Run }[] = [];
  declare((name, options, run) => cases.push({ name, options, run }));
  if (isIgnored) console.warn(`${CHROMIUM_MISSING}. Until then "${name}" is left out`);
  Deno.test({
    name,
    ignore: isIgnored,
    async fn(context) {
      await using browser = await TestBrowser.start();
      for (const { name, options, run } of cases) {
        await context.step({
          name,
          sanitizeOps: false,
          sanitizeResources: false,
          fn: () => runCase(browser, options, run),
        });
      }
    },
  });
}

async function runCase(browser: TestBrowser, options: DashboardCaseOptions, run: Run): Promise<void> {
  const { signedIn = true, browser: browserOptions = {}, ...fake } = options;
  await using server = new DashboardServer({ tickMs: 100, ...fake });
  await using tab = await browser.open(server.url, browserOptions);
  if (signedIn) await tab.signIn(TOKEN);
  await run({ server, tab });
  assertEquals(tab.faults, []);
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
