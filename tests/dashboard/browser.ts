/** Drives the dashboard in a real Chromium, and collects all that a page must never do. */
import { type Browser, type BrowserContext, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { RUN_MARK } from "../support/run_mark.ts";

/** Where Debian and others put it, after what the environment names. */
const PLACES = [
  Deno.env.get("CHROMIUM"),
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
];
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
/** For every wait; a noisy machine is slow, a broken page would wait for ever. */
const DEADLINE_MS = 120_000;

/** The path of a Chromium, or null after telling how to get one. */
export function findChromium(): string | null {
  for (const place of PLACES) {
    if (place === undefined) continue;
    try {
      if (Deno.statSync(place).isFile) return place;
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  return null;
}

/** How to get one. */
export const CHROMIUM_MISSING = "The dashboard's tests need Chromium: apt-get install chromium, or name its binary " +
  "in the environment variable CHROMIUM";

/** A browser for several tests; disposing it ends the process. */
export class TestBrowser implements AsyncDisposable {
  readonly #browser: Browser;

  private constructor(browser: Browser) {
    this.#browser = browser;
  }

  /** @throws Error without a Chromium */
  static async start(): Promise<TestBrowser> {
    const executablePath = findChromium();
    if (executablePath === null) throw new Error(CHROMIUM_MISSING);
    return new TestBrowser(
      await chromium.launch({ executablePath, args: FLAGS, env: { ...Deno.env.toObject(), ...RUN_MARK } }),
    );
  }

  /** A fresh profile with one page. @param url of the dashboard, without a slash at its end */
  async open(url: string, options: BrowserContextOptions = {}): Promise<TestTab> {
    const context = await this.#browser.newContext({
      baseURL: url,
      viewport: { width: 1280, height: 800 },
      ...options,
    });
    context.setDefaultTimeout(DEADLINE_MS);
    return await TestTab.create(context, url);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#browser.close();
  }
}

/** One page; disposing it closes its profile. */
export class TestTab implements AsyncDisposable {
  readonly page: Page;
  /** Violations of the content security policy, errors of scripts, requests to other hosts. */
  readonly faults: string[] = [];
  readonly #context: BrowserContext;

  private constructor(context: BrowserContext, page: Page) {
    this.#context = context;
    this.page = page;
  }

  static async create(context: BrowserContext, url: string): Promise<TestTab> {
    const tab = new TestTab(context, await context.newPage());
    const { page, faults } = tab;
    await context.exposeFunction("reportFault", (text: string) => faults.push(text));
    await context.addInitScript(() => {
      addEventListener("securitypolicyviolation", (event) => {
        const report = (globalThis as unknown as { reportFault(text: string): void }).reportFault;
        const { violatedDirective, blockedURI } = event as Event & { violatedDirective: string; blockedURI: string };
        report(`policy: ${violatedDirective} ${blockedURI}`);
      });
    });
    page.on("pageerror", (error) => faults.push(`script: ${error.message}`));
    page.on("console", (message) => {
      // A refused request is an expected answer in some tests; what a page does about it is what they look at
      if (message.type() === "error" && !message.text().startsWith("Failed to load resource")) {
        faults.push(`console: ${message.text()}`);
      }
    });
    page.on("request", (request) => {
      const to = new URL(request.url());
      if (to.protocol !== "data:" && to.host !== new URL(url).host) faults.push(`foreign: ${request.url()}`);
    });
    return tab;
  }

  /** Signs in with the token. */
  async signIn(token: string, path = "/"): Promise<void> {
    await this.page.goto(path);
    await this.page.getByLabel("Admin token").fill(token);
    await this.page.getByRole("button", { name: "Sign in" }).click();
    await this.page.locator("#main").waitFor();
    await this.page.waitForURL((url) => url.pathname !== "/login");
  }

  /** How many pixels the page is wider than the window. */
  async overflow(): Promise<number> {
    return await this.page.locator("html").evaluate(({ scrollWidth, clientWidth }) => scrollWidth - clientWidth);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#context.close();
  }
}
