/** Declares tests of the dashboard: a listener over a fake NANO, a page in Chromium, and no fault allowed on it. */
import { assertEquals } from "@std/assert";
import type { BrowserContextOptions } from "playwright-core";
import type { FakeAdminOptions } from "../support/fake_admin_target.ts";
import { CHROMIUM_MISSING, findChromium, TestBrowser, type TestTab } from "./browser.ts";
import { SESSION_COOKIE } from "../../admin/gate/session.ts";
import { DashboardServer } from "./dashboard_server.ts";

/** What a test works with. */
export interface DashboardCase {
  readonly server: DashboardServer;
  readonly tab: TestTab;
}

/** How a test begins. */
export interface DashboardCaseOptions extends FakeAdminOptions {
  /** Off: there is no session yet, and no page is open. Default: on. */
  readonly signedIn?: boolean;
  /** Where the page is at first; null: the test goes there. Default: the overview. */
  readonly path?: string | null;
  /** Of the page. */
  readonly browser?: BrowserContextOptions;
}

/** Tests that run at once; much of each is waiting for the browser. */
const LANES = 2;
/** For one test on a busy machine. */
const CASE_MS = 300_000;

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
      const waiting = [...cases];
      const lane = async () => {
        for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
          const { name, options, run } = next;
          await context.step({
            name,
            sanitizeOps: false,
            sanitizeResources: false,
            sanitizeExit: false,
            fn: () => inTime(runCase(browser, options, run)),
          });
        }
      };
      await Promise.all(Array.from({ length: LANES }, lane));
    },
  });
}

async function runCase(browser: TestBrowser, options: DashboardCaseOptions, run: Run): Promise<void> {
  const { signedIn = true, path = "/", browser: browserOptions = {}, ...fake } = options;
  await using server = new DashboardServer({ tickMs: 100, ...fake });
  await using tab = await browser.open(server.url, browserOptions);
  if (signedIn) {
    const { id } = server.sessions.open();
    await tab.page.context().addCookies([
      { name: SESSION_COOKIE, value: id, url: server.url, httpOnly: true, sameSite: "Strict" },
    ]);
    if (path !== null) await tab.page.goto(path);
  }
  await run({ server, tab });
  assertEquals(tab.faults, []);
}

/** Some calls of the browser's driver wait without a deadline. */
async function inTime(run: Promise<void>): Promise<void> {
  const { promise, reject } = Promise.withResolvers<void>();
  const timer = setTimeout(() => reject(new Error(`The test took longer than ${CASE_MS} ms`)), CASE_MS);
  try {
    await Promise.race([run, promise]);
  } finally {
    clearTimeout(timer);
  }
}

/** Waits until the condition holds. @throws Error with the description after 120 s */
export async function until(description: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 120_000;
  while (!await condition()) {
    if (performance.now() > deadline) throw new Error(`This did not come true: ${description}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Bytes that look like a zip. */
export const ZIP_BYTES: Uint8Array = new Uint8Array([0x50, 0x4b, 3, 4, ...new Array<number>(2000).fill(7)]);
