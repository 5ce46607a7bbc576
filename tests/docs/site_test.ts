/** Builds the whole docs site as `deno task docs:build` does, serves it by NANO, and looks at it in Chromium. */
import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { join } from "node:path";
import { composeSite, markdownFiles, PAGES_DIR } from "../../docs/scripts/compose_site.ts";
import { baseOf, withBase } from "../../docs/scripts/with_base.ts";
import { CHROMIUM_MISSING, findChromium, TestBrowser } from "../dashboard/browser.ts";
import { fromFileUrl, REPO } from "../support/repo.ts";
import { ServedExamples } from "./served_examples.ts";

/** npm's download is most of it, the first time in a checkout. */
const BUILD_DEADLINE_MS = 600_000;
/** Pages that are wide by nature, beside the first one. */
const LOOKED_AT = ["/", "/start/quick-start/", "/reference/nano-json/", "/reference/library/", "/benchmarks/"];

const npm = await hasNpm();
if (!npm) console.log("The docs site is not built: there is no npm on the PATH");
if (findChromium() === null) console.log(`The docs site is not looked at. ${CHROMIUM_MISSING}`);

// Processes of the browser and of npm outlive the step that started them.
const WHOLE_SYSTEM = { ignore: !npm, sanitizeOps: false, sanitizeResources: false };

Deno.test("The links of a site below a path lead below it, and code stays as it is written", () => {
  assertEquals([undefined, "", "/", "nano", "/nano/", "/a/b"].map(baseOf), ["", "", "", "/nano", "/nano", "/a/b"]);
  assertThrows(() => baseOf("https://nano.test"), Error, "it is no path");
  const lines: readonly [written: string, below: string][] = [
    ["[a](/guides/x/) ![e](/f.png)", "[a](/n/guides/x/) ![e](/n/f.png)"],
    ['[b](https://b.test/) [c](#d) [e](f/) <a href="//h.test/">', ""],
    ["[`a`](/b/) `[c](/d/)` ``[e](/f/)`` [g](/h/)", "[`a`](/n/b/) `[c](/d/)` ``[e](/f/)`` [g](/n/h/)"],
    ['[a]: /b/ "c"', '[a]: /n/b/ "c"'],
    [`<img src="/g.png"> <a href='/h/'>`, `<img src="/n/g.png"> <a href='/n/h/'>`],
    ['<source srcset="/a.png">', '<source srcset="/n/a.png">'],
    ['<img srcset="/a.png 1x, /b.png 2x,c.png 3x">', '<img srcset="/n/a.png 1x, /n/b.png 2x,c.png 3x">'],
    ["````md\n[a](/b/)\n```\n[c](/d/)\n````\n[e](/f/)", "````md\n[a](/b/)\n```\n[c](/d/)\n````\n[e](/n/f/)"],
    ['~~~\n<img src="/g.png">\n~~~', ""],
  ];
  for (const [written, below] of lines) {
    assertEquals([withBase(written, ""), withBase(written, "/n")], [written, below || written]);
  }
});

Deno.test("No link, picture or address of a page composed for a path leads beside it", async () => {
  const astray: string[] = [];
  let links = 0;
  for (const [path, page] of await composeSite()) {
    const below = withBase(page, "/below").replaceAll(/^( *)(`{3,}|~{3,}).*?^\1\2$|(`+)(?!`).*?[^`]\3(?!`)/gms, "");
    for (const [all, target] of below.matchAll(/["'(]<?\s*(\/(?![/>])[\w.~/-]*)|,\s*(\/\w+\/\S+\.png)/g)) {
      if (target?.startsWith("/below/")) links++;
      else astray.push(`${path}: ${all}`);
    }
  }
  assert(links > 50, "the pages link to nothing");
  assertEquals(astray, []);
});

Deno.test("The docs site builds without a warning, is whole, and works offline", WHOLE_SYSTEM, async (t) => {
  const dist = await Deno.makeTempDir({ prefix: "nano-docs-" });
  try {
    await t.step("it builds, and every link of it leads somewhere", async () => {
      const output = await build(dist);
      assertEquals(output.split("\n").filter((line) => /\[WARN\]|\[ERROR\]|\bwarning\b/i.test(line)), []);
      assertStringIncludes(output, "All internal links are valid");
    });

    await t.step("every written page is there, and no page loads anything of another host", async () => {
      const foreign: string[] = [];
      for (const path of await markdownFiles(PAGES_DIR)) {
        const file = `${path.replace(/(^|\/)index\.md$/, "$1").replace(/\.md$/, "/")}index.html`;
        const html = await Deno.readTextFile(join(dist, file));
        for (const [tag] of html.matchAll(/<(?:link|script|img|iframe|source)\b[^>]*>/g)) {
          if (/(?:src|href)="(?:https?:)?\/\//.test(tag)) foreign.push(`${path}: ${tag}`);
        }
        assert(!html.includes("{@link"), path);
      }
      assertEquals(foreign, []);
      assertStringIncludes(await Deno.readTextFile(join(dist, "404.html")), "There is no page at this address");
    });

    await t.step({
      name: "it fits desktop and phone, light and dark, and its search finds what it says",
      ignore: findChromium() === null,
      fn: async () => {
        await using served = await ServedExamples.start([{ name: "docs", path: dist, hostname: "127.0.0.1" }]);
        await using browser = await TestBrowser.start();
        for (const [width, colorScheme] of [[1280, "light"], [360, "dark"]] as const) {
          await using tab = await browser.open(served.nano.url, { viewport: { width, height: 800 }, colorScheme });
          for (const path of LOOKED_AT) {
            await tab.page.goto(path);
            assertEquals(await tab.overflow(), 0, `${path} at ${width}`);
            assertEquals(await tab.page.locator("html").getAttribute("data-theme"), colorScheme);
          }
          await tab.page.getByRole("button", { name: "Search" }).first().click();
          await tab.page.locator("dialog input").fill("graceful shutdown");
          const found = tab.page.locator('dialog a[href^="/guides/graceful-shutdown/"]').first();
          await found.click();
          await tab.page.getByRole("heading", { level: 1, name: "Graceful shutdown" }).waitFor();
          assertEquals(tab.faults, []);
        }
      },
    });
  } finally {
    await Deno.remove(dist, { recursive: true });
  }
});

async function hasNpm(): Promise<boolean> {
  try {
    return (await new Deno.Command("npm", { args: ["--version"], stdout: "null", stderr: "null" }).output()).success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** Runs the task's own command into another folder. @returns what it printed, without colours */
async function build(dist: string): Promise<string> {
  const { tasks } = JSON.parse(await Deno.readTextFile(new URL("deno.json", REPO)));
  const [deno, ...args] = String(tasks["docs:build"].command).split(" ");
  assertEquals(deno, "deno");
  const child = new Deno.Command(Deno.execPath(), {
    args: [...args, "--outDir", dist],
    cwd: fromFileUrl(REPO),
    env: { NO_COLOR: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    signal: AbortSignal.timeout(BUILD_DEADLINE_MS),
  });
  const { code, stdout, stderr } = await child.output();
  const output = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  assertEquals(code, 0, output.slice(-4000));
  return output;
}
