/** Tests `nano dev` as its user meets it: a URL, edits that take effect, mistakes shown with their line. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { NanoProcess } from "../../support/nano_process.ts";
import { fromFileUrl, REPO } from "../../support/repo.ts";
import { until } from "../life/until.ts";

/** Copies the example without its installed packages, which `nano dev` installs again. */
async function copyExample(to: string): Promise<void> {
  const from = fromFileUrl(new URL("docs/examples/hono/", REPO));
  for (const name of ["index.tsx", "package.json"]) await Deno.copyFile(`${from}${name}`, `${to}/${name}`);
}

async function page(url: string): Promise<{ status: number; text: string; type: string }> {
  const response = await fetch(url, { headers: { accept: "text/html" } });
  return { status: response.status, text: await response.text(), type: response.headers.get("content-type") ?? "" };
}

Deno.test("nano dev serves the Hono example, reloads an edit and shows a syntax error in terminal and browser", async () => {
  const folder = await Deno.makeTempDir({ prefix: "nano_dev_test_" });
  try {
    await copyExample(folder);
    const file = `${folder}/index.tsx`;
    const source = await Deno.readTextFile(file);
    await using nano = await NanoProcess.spawn(["dev", folder, "--port", "0"]);
    const serving = await until(
      () => nano.strayLines.find((line) => line.startsWith("Serving ")),
      "the URL is printed",
      120_000,
    );
    const url = serving.match(/http:\/\/\S+/)![0];
    // A request waits 10 s for an app that installs its packages, and for no busy machine.
    await until(async () => (await page(url)).text.includes("<h1>Todos</h1>"), "the app is served");

    const edited = performance.now();
    await Deno.writeTextFile(file, source.replace("<h1>Todos</h1>", "<h1>Chores</h1>"));
    await until(async () => (await page(url)).text.includes("<h1>Chores</h1>"), "the edit is served");
    const ms = performance.now() - edited;
    console.log(`an edit under nano dev is served after ${Math.round(ms)} ms`);

    await Deno.writeTextFile(file, source.replace("const app = new Hono();", "const app = new Hono(;"));
    const broken = await until(async () => {
      const seen = await page(url);
      return seen.status === 503 && seen;
    }, "the mistake is shown");
    assertEquals(broken.type, "text/html; charset=utf-8");
    const line = source.split("\n").indexOf("const app = new Hono();") + 1;
    for (const part of [`index.tsx:${line}:`, "const app = new Hono(;", "^"]) assertStringIncludes(broken.text, part);
    const shown = nano.strayLines.join("\n");
    for (const part of [`index.tsx:${line}:`, "const app = new Hono(;", "^"]) assertStringIncludes(shown, part);
    for (const text of [broken.text, shown]) assert(!text.includes(folder), "no path of the host is shown");

    await Deno.writeTextFile(file, source);
    await until(async () => (await page(url)).text.includes("<h1>Todos</h1>"), "the mended app is served");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("nano dev of a folder that is not there says so and exits with 2", async () => {
  await using nano = await NanoProcess.spawn(["dev", "/nowhere/at/all"]);
  const { code } = await nano.status();
  assertEquals(code, 2);
  assertStringIncludes(nano.stderr, "/nowhere/at/all");
});
