/**
 * Makes the pictures of the dashboard in docs/site/public/screens/ from a fake NANO with a plausible past.
 *
 *     deno task docs:screenshots
 */
import { CHANGE_ACTIONS } from "../../runtime/mod.ts";
import { fakeVersion } from "../support/fake_apps.ts";
import { fromFileUrl, REPO } from "../support/repo.ts";
import { TestBrowser } from "./browser.ts";
import { DashboardServer, TOKEN } from "./dashboard_server.ts";

const FOLDER = fromFileUrl(new URL("docs/site/public/screens/", REPO));
const MAX_BYTES = 200 * 1024;
/** Everything is seen at this moment, so that two runs differ in the figures' phase only. */
const NOW = Date.UTC(2026, 0, 15, 10, 30);
const NAMES = ["blog", "shop", "api", "search", "images", "mail", "admin", "docs", "status", "legacy", "auth", "feed"];
const MINUTE_MS = 60_000;

const SHOTS = [
  { file: "overview.png", path: "/" },
  { file: "overview-dark.png", path: "/", colorScheme: "dark" },
  { file: "app.png", path: "/apps/shop" },
  { file: "app-dark.png", path: "/apps/shop", colorScheme: "dark" },
  { file: "deploy.png", path: "/apps/shop", deploy: true },
  { file: "phone.png", path: "/", width: 390 },
] as const;

await using server = new DashboardServer({ apps: 0, tickMs: 250, now: () => NOW });
seed(server);
await using browser = await TestBrowser.start();
await Deno.mkdir(FOLDER, { recursive: true });
for (const shot of SHOTS) {
  const { file, path, colorScheme, width, deploy } = {
    colorScheme: "light" as const,
    width: 1280,
    deploy: false,
    ...shot,
  };
  await using tab = await browser.open(server.url, {
    colorScheme,
    viewport: { width, height: 860 },
    reducedMotion: "reduce",
  });
  const { page } = tab;
  await tab.signIn(TOKEN, path);
  await page.locator("#live[data-state=live]").waitFor();
  await page.locator(path === "/" ? "#apps svg.spark" : ".plot canvas").first().waitFor();
  if (deploy) {
    await page.getByRole("button", { name: "Deploy" }).click();
    await page.getByLabel("Note").fill("Faster checkout");
    await page.getByRole("radio", { name: "A part of the requests" }).check();
  }
  await page.screenshot({ path: `${FOLDER}${file}` });
  const { size } = await Deno.stat(`${FOLDER}${file}`);
  if (size > MAX_BYTES) throw new Error(`${file} has ${size} bytes, ${MAX_BYTES} are allowed`);
  if (tab.faults.length > 0) throw new Error(`${file}: ${tab.faults.join(", ")}`);
  console.log(`${file}: ${Math.round(size / 1024)} KiB`);
}

function seed({ target }: DashboardServer): void {
  NAMES.forEach((name, at) => {
    const app = target.put(name);
    app.config = { ...app.config, hostnames: [`${name}.example.com`], path: `/srv/apps/${name}` };
    app.snapshot = {
      ...app.snapshot,
      hostnames: app.config.hostnames,
      since: NOW - (at * 311 + 95) * MINUTE_MS,
      heapBytes: 9_000_000 + at * 3_100_000,
      externalBytes: (at * 7 % 5) * 600_000,
    };
  });
  const shop = target.find("shop");
  shop.config = { ...shop.config, env: { CURRENCY: "EUR", STRIPE_KEY: "hidden" }, secrets: ["STRIPE_KEY"] };
  shop.snapshot = {
    ...shop.snapshot,
    restarts: { out_of_memory: 1 },
    lastExit: { reason: "out_of_memory", detail: "The isolate used 128 MiB of 128 MiB", at: NOW - 95 * MINUTE_MS },
  };
  shop.versions = ["v14", "v13", "v12"].map((version, at) =>
    fakeVersion(version, NOW - (at * 26 + 2) * 60 * MINUTE_MS, {
      note: ["Faster checkout", "Gift cards", "New look of the cart"][at]!,
      actor: "cli 10.0.0.7",
      bytes: 418_000 - at * 9_000,
      files: 86 - at,
      role: (["rollout", "active", "kept"] as const)[at]!,
    })
  );
  shop.origin = { ...shop.origin, deployed: "v13", rollout: { version: "v14", percent: 10 } };
  const legacy = target.find("legacy");
  const error = 'Cannot start app "legacy": TypeError: config.routes is not iterable (app:///src/main.ts:14:22)';
  legacy.snapshot = { ...legacy.snapshot, state: "failed", error, since: NOW - 12 * MINUTE_MS };
  const feed = target.find("feed");
  feed.snapshot = { ...feed.snapshot, state: "idle" };
  const action = CHANGE_ACTIONS[6];
  target.operations.entries.push(
    {
      id: 1,
      at: NOW - 120 * MINUTE_MS,
      actor: "cli 10.0.0.7",
      action,
      app: "shop",
      detail: "Deployed v14",
      error: null,
    },
  );
  target.observations.write("shop", "listening for orders");
}
