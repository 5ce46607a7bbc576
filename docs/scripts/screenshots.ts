/** Takes the pictures of the dashboard that the docs show: `deno task docs:screenshots`, with a Chromium at hand. */
import { dirname, join } from "node:path";
import { TestBrowser } from "../../tests/dashboard/browser.ts";
import { NanoProcess } from "../../tests/support/nano_process.ts";
import { sendRequests } from "../../tests/support/requests.ts";
import { REPO_DIR } from "./compose_site.ts";

const PICTURES = join(REPO_DIR, "docs/site/public/screens");
/** The charts reach a few minutes back; this long a load fills a good part of them. */
const LOAD_MS = 60_000;
/** Between two requests of one lane: a calm server looks more like what people have. */
const PAUSE_MS = 20;
const TOKEN = crypto.randomUUID();

/** Example apps without npm packages, so that nothing is downloaded. */
const APPS = ["hello", "env", "echo", "stream", "guides/crons"];
const REQUESTS = [["hello", "/?name=Ada"], ["env", "/"], ["echo", "/headers"], ["hello", "/"], ["crons", "/"]] as const;
const PLACES = [["dashboard", "/"], ["app", "/apps/hello"]] as const;

if (import.meta.main) {
  await Deno.mkdir(PICTURES, { recursive: true });
  const dir = await Deno.makeTempDir({ prefix: "nano-" });
  try {
    await takeAll(dir, await writeProject(dir));
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

/** Copies the apps, so that no picture shows where this checkout is. @returns nano.json */
async function writeProject(dir: string): Promise<string> {
  const apps = await Promise.all(APPS.map(async (example) => {
    const name = example.split("/").at(-1)!;
    await copyFolder(join(REPO_DIR, "docs/examples", example), join(dir, name));
    const crons = name === "crons" ? { crons: [{ schedule: "*/5 * * * *", name: "tidy" }] } : {};
    return { name, path: join(dir, name), hostname: `${name}.localhost`, env: { GREETING: "Hello" }, ...crons };
  }));
  const file = join(dir, "nano.json");
  await Deno.writeTextFile(
    file,
    JSON.stringify({ hostname: "127.0.0.1", port: 0, admin: { port: 0, token: TOKEN }, apps }),
  );
  return file;
}

async function copyFolder(from: string, to: string): Promise<void> {
  for await (const { name, isDirectory } of Deno.readDir(from)) {
    if (name === "node_modules") continue;
    if (isDirectory) await copyFolder(join(from, name), join(to, name));
    else {
      await Deno.mkdir(dirname(join(to, name)), { recursive: true });
      await Deno.copyFile(join(from, name), join(to, name));
    }
  }
}

async function takeAll(dir: string, file: string): Promise<void> {
  await using nano = await NanoProcess.start(file);
  for (const note of ["first deploy", "greets by name"]) await deploy(nano, join(dir, "hello"), note);
  const end = new AbortController();
  const load = sendRequests(nano.url, {
    concurrency: 2,
    signal: end.signal,
    send: async (index) => {
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      const [app, path] = REQUESTS[index % REQUESTS.length]!;
      return await nano.fetch(`${app}.localhost`, path);
    },
  });
  await new Promise((resolve) => setTimeout(resolve, LOAD_MS));
  await using browser = await TestBrowser.start();
  for (const colorScheme of ["light", "dark"] as const) {
    await using tab = await browser.open(nano.adminUrl!, { colorScheme, viewport: { width: 1280, height: 800 } });
    await tab.signIn(TOKEN);
    for (const [name, path] of PLACES) {
      await tab.page.goto(path);
      await tab.page.locator("#live").filter({ hasText: "Live" }).waitFor();
      await tab.page.screenshot({ path: join(PICTURES, `${name}-${colorScheme}.png`) });
    }
    if (tab.faults.length > 0) throw new Error(`The dashboard has faults: ${tab.faults.join("; ")}`);
  }
  end.abort();
  const { failures } = await load;
  if (failures.length > 0) throw new Error(`Requests failed under the pictures: ${failures.join("; ")}`);
}

async function deploy(nano: NanoProcess, path: string, note: string): Promise<void> {
  const to = ["--name", "hello", "--url", nano.adminUrl!, "--token", TOKEN];
  await using command = await NanoProcess.spawn(["deploy", path, "--note", note, ...to]);
  const { code } = await command.status();
  if (code !== 0) throw new Error(`Cannot deploy "${path}": ${command.stderr}`);
}
