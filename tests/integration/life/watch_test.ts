/** Hot reload: what is edited takes effect by itself, what is broken is refused and the old serves on. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { type LogRecord, NanoProcess } from "../../support/nano_process.ts";
import { type TempApp, TempProject } from "../../support/temp_project.ts";
import { ADMIN, adminApp, readyz } from "./admin_client.ts";
import { until } from "./until.ts";

/** Bounds a hang only; how soon an edit is served, `deno task bench promises` measures. */
const EFFECT_MS = 120_000;

function says(text: string): string {
  return `export default { fetch: (_: Request, env: Record<string, string>) => new Response("${text} " + env.WORD) };\n`;
}

function app(text: string, config: Readonly<Record<string, unknown>> = {}): TempApp {
  return { files: says(text), config: { env: { WORD: "one" }, ...config } };
}

async function answer(nano: NanoProcess, host: string): Promise<string> {
  const response = await nano.fetch(host);
  const text = await response.text();
  return response.status === 200 ? text : `${response.status} ${response.headers.get("nano-error")}`;
}

/** Waits until an app answers so, and prints how long it took. */
async function becomes(nano: NanoProcess, host: string, expected: string): Promise<void> {
  const start = performance.now();
  let last = "";
  try {
    await until(async () => (last = await answer(nano, host)) === expected, expected, EFFECT_MS);
  } catch {
    throw new Error(`${host} answers "${last}", not "${expected}", ${EFFECT_MS} ms after the edit`);
  }
  console.log(`"${expected}" after ${Math.round(performance.now() - start)} ms`);
}

/** The mistakes of the next refusal. */
async function refusal(nano: NanoProcess, from: number): Promise<string[]> {
  const record: LogRecord = await nano.waitForEvent(({ event }) => event === "config_rejected", EFFECT_MS, from);
  return record["errors"] as string[];
}

Deno.test("what is edited takes effect by itself, what is broken is refused", async (t) => {
  await using project = await TempProject.create({ blog: app("blog 1"), shop: app("shop 1") }, { admin: ADMIN });
  await using nano = await NanoProcess.start(project.configFile);
  assertEquals(await answer(nano, "blog"), "blog 1 one");

  await t.step("an edit of an app's code", async () => {
    await project.writeFile("blog", "index.ts", says("blog 2"));
    await becomes(nano, "blog", "blog 2 one");
    const reload = await nano.waitForEvent(({ event }) => event === "config_reload");
    assertEquals([reload["changed"], reload["unchanged"]], [["blog"], ["shop"]]);
  });
  await t.step("an edit of a file that the entry imports, new with it", async () => {
    await project.writeFile("blog", "lib/word.ts", `export const word = "lib 1";\n`);
    const code = `import { word } from "./lib/word.ts";\nexport default { fetch: () => new Response(word) };\n`;
    await project.writeFile("blog", "index.ts", code);
    await becomes(nano, "blog", "lib 1");
    await project.writeFile("blog", "lib/word.ts", `export const word = "lib 2";\n`);
    await becomes(nano, "blog", "lib 2");
    await project.writeFile("blog", "index.ts", says("blog 2"));
    await becomes(nano, "blog", "blog 2 one");
  });
  await t.step("an edit of env in nano.json", async () => {
    await project.setApp("blog", { config: { env: { WORD: "two" } } });
    await becomes(nano, "blog", "blog 2 two");
  });
  await t.step("an app that is added", async () => {
    assertEquals(await answer(nano, "news"), "404 APP_NOT_FOUND");
    await project.setApp("news", app("news 1"));
    await becomes(nano, "news", "news 1 one");
  });
  await t.step("an app that is removed", async () => {
    await project.removeApp("news");
    await becomes(nano, "news", "404 APP_NOT_FOUND");
  });

  await t.step("broken JSON is refused with its place, the old serves on", async () => {
    const from = nano.events.length;
    await project.writeRawConfig(`{ "apps": [ }`);
    assertStringIncludes((await refusal(nano, from)).join("\n"), "Line 1");
    assertEquals(await answer(nano, "blog"), "blog 2 two");
  });
  await t.step("a configuration with three mistakes is refused with all three", async () => {
    const from = nano.events.length;
    const apps = [{ name: "Bad Name", path: "./apps/blog" }, { name: "lost", path: "./nowhere" }];
    await project.writeRawConfig(JSON.stringify({ apps, hostnam: "127.0.0.1" }));
    const mistakes = await refusal(nano, from);
    for (const part of ["Bad Name", "nowhere", "hostnam"]) assertStringIncludes(mistakes.join("\n"), part);
    assert(mistakes.length >= 3, mistakes.join("\n"));
    assertEquals(await answer(nano, "blog"), "blog 2 two");
  });
  await t.step("a mended configuration is taken", async () => {
    await project.setApp("blog", { config: { env: { WORD: "three" } } });
    await becomes(nano, "blog", "blog 2 three");
  });

  for (
    const [what, code, part] of [
      ["a syntax error", "export default {", "index.ts"],
      ["an error at top level", `throw new Error("no luck today");\nexport default {};\n`, "no luck today"],
      ["no fetch handler", "export const nothing = 1;\n", "fetch"],
    ] as const
  ) {
    await t.step(`${what} in the code is refused, the old serves on, mending it helps`, async () => {
      const from = nano.events.length;
      const { version } = await adminApp(nano, "blog");
      await project.writeFile("blog", "index.ts", code);
      assertStringIncludes((await refusal(nano, from)).join("\n"), part);
      assertEquals(await answer(nano, "blog"), "blog 2 three");
      assertEquals(await answer(nano, "shop"), "shop 1 one");
      const after = await adminApp(nano, "blog");
      assertEquals([after.state, after.version], ["running", version]);
      assert(after.error?.startsWith("Its last change is not in force: "), after.error ?? "no error is told");
      assertEquals((await adminApp(nano, "shop")).error, null);
      await project.writeFile("blog", "index.ts", says(`mended after ${what}`));
      await becomes(nano, "blog", `mended after ${what} three`);
      assertEquals((await adminApp(nano, "blog")).error, null);
      await project.writeFile("blog", "index.ts", says("blog 2"));
      await becomes(nano, "blog", "blog 2 three");
    });
  }
});

Deno.test("an app that is broken at the first start holds nobody down and can be mended", async () => {
  await using project = await TempProject.create(
    {
      good: app("good"),
      typo: { files: "export default {", config: { env: { WORD: "one" } } },
      thrower: {
        files: `throw new Error("secret detail");\n`,
        config: { env: { WORD: "one" } },
      },
    },
    { admin: ADMIN },
  );
  await using nano = await NanoProcess.start(project.configFile);
  assertEquals(await answer(nano, "good"), "good one");
  for (const name of ["typo", "thrower"]) {
    const response = await nano.fetch(name);
    const text = await response.text();
    assertEquals([response.status, response.headers.get("nano-error")], [503, "APP_FAILED"]);
    assert(!text.includes("secret detail") && !text.includes(project.dir), text);
    const failed = await nano.waitForEvent((record) => record.event === "app_failed" && record["app"] === name);
    assert(String(failed["error"]).length > 10, JSON.stringify(failed));
  }
  const ready = await readyz(nano);
  assertEquals([ready.httpStatus, ready.status, [...ready.failed].sort()], [200, "ready", ["thrower", "typo"]]);
  assertStringIncludes((await adminApp(nano, "thrower")).error ?? "", "secret detail");

  for (const name of ["typo", "thrower"]) {
    await project.writeFile(name, "index.ts", says(name));
    await becomes(nano, name, `${name} one`);
  }
  assertEquals((await readyz(nano)).failed, []);
});

Deno.test("SIGHUP reloads what is not watched", async () => {
  await using project = await TempProject.create({ blog: app("blog 1") });
  await using nano = await NanoProcess.start(project.configFile, { args: ["--no-watch"] });
  await project.writeFile("blog", "index.ts", says("blog 2"));
  assertEquals(await answer(nano, "blog"), "blog 1 one");
  nano.signal("SIGHUP");
  await nano.waitForEvent(({ event }) => event === "config_reload");
  assertEquals(await answer(nano, "blog"), "blog 2 one");

  await project.writeRawConfig("{");
  nano.signal("SIGHUP");
  await nano.waitForEvent(({ event }) => event === "config_rejected");
  assertEquals(await answer(nano, "blog"), "blog 2 one");
});
