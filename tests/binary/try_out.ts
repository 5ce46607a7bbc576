/** What a binary has to do, from `nano init` to a deploy: each step needs something that was embedded. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { NANO_VERSION } from "../../runtime/mod.ts";
import { until } from "../integration/life/until.ts";
import { NanoProcess } from "../support/nano_process.ts";
import { TempProject } from "../support/temp_project.ts";

/** How to run the command line that is tried. */
export interface Installed {
  /** A program and what it is given before the command. */
  readonly program: readonly [string, ...string[]];
  readonly env: Readonly<Record<string, string>>;
  /** Whether `nano start` can start itself again. */
  readonly guardian: boolean;
}

const TYPED = `import greeting from "./greeting.json" with { type: "json" };
const word: string = greeting.word;
export default { fetch: (_request: Request, env: { NAME: string }) => new Response(\`\${word}, \${env.NAME}\`) };`;

const POLYFILLED = `export default {
  fetch() {
    const stream = new ReadableStream({
      start(controller) {
        controller.enqueue(new TextEncoder().encode(String(ReadableStream).includes("[native code]")));
        controller.close();
      },
    });
    return new Response(stream);
  },
};`;

/** Goes through it all; `temporary` is an empty folder, which has to be empty of programs at the end. */
export async function tryOut(installed: Installed, temporary: string): Promise<void> {
  const env = { ...installed.env, TMPDIR: temporary };
  await using project = await TempProject.create({
    typed: { files: { "index.ts": TYPED, "greeting.json": '{ "word": "Hello" }' }, config: { env: { NAME: "Ada" } } },
    polyfilled: { files: POLYFILLED, config: { streams: "polyfill" } },
    misbehave: { fixture: "misbehave", config: { memory_mb: 32 } },
  });
  const run = async (...args: string[]): Promise<string> => {
    const [program, ...before] = installed.program;
    const { code, stdout, stderr } = await new Deno.Command(program, {
      args: [...before, ...args],
      cwd: project.dir,
      env: { NO_COLOR: "1", ...env },
    }).output();
    const out = new TextDecoder().decode(stdout);
    assertEquals(code, 0, `nano ${args.join(" ")}\n${out}\n${new TextDecoder().decode(stderr)}`);
    return out;
  };

  assertStringIncludes(await run("--version"), NANO_VERSION);
  await run("check");
  await run("init", "shop");
  const options = { program: installed.program, env, cwd: project.dir };
  await using nano = await NanoProcess.start(project.configFile, { ...options, guardian: installed.guardian });
  assertEquals(await (await nano.fetch("typed")).text(), "Hello, Ada");
  assertEquals(await (await nano.fetch("polyfilled")).text(), "false");
  await seeIsolateRestart(nano);
  await seeAdmin(nano, (await run("token")).trim());
  await Deno.mkdir(`${project.dir}/late`);
  await Deno.writeTextFile(`${project.dir}/late/index.js`, 'export default { fetch: () => new Response("late") };');
  await run("deploy", "late", "--name", "late", "--hostname", "late.localhost");
  assertEquals(await (await nano.fetch("late.localhost")).text(), "late");
  assertEquals((await nano.stop()).code, 0);

  await using dev = await NanoProcess.spawn(["dev", "shop", "--port", "0"], options);
  const serving = await until(
    () => dev.strayLines.find((line) => line.startsWith("Serving ")),
    "nano dev prints its URL",
    60_000,
  );
  const shop = await fetch(serving.match(/http:\/\/\S+/)![0]);
  assertStringIncludes(await shop.text(), "Hello from NANO");
  await dev.stop();
  const left = (await Array.fromAsync(Deno.readDir(temporary))).map(({ name }) => name);
  assertEquals(left.filter((name) => name.startsWith("nano-program-")), []);
}

async function seeIsolateRestart(nano: NanoProcess): Promise<void> {
  const first = await (await nano.fetch("misbehave")).text();
  const ended = await nano.fetch("misbehave", "/oom/handler");
  assertEquals([ended.status, ended.headers.get("nano-error")], [503, "APP_OUT_OF_MEMORY"]);
  await ended.body?.cancel();
  const second = await until(async () => {
    const answer = await nano.fetch("misbehave");
    const text = await answer.text();
    return answer.ok && text;
  }, "the isolate is started again");
  assert(second !== first, "a new isolate answers");
}

/** Metrics come from one package, the charts of the dashboard from another, as text. */
async function seeAdmin(nano: NanoProcess, token: string): Promise<void> {
  const url = nano.adminUrl!;
  const metrics = await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${token}` } });
  assertStringIncludes(await metrics.text(), 'nano_requests_total{app="typed"');
  const login = await fetch(url, { headers: { accept: "text/html" } });
  const page = await login.text();
  const folder = page.match(/\/assets\/[^/"]+\//)?.[0];
  assert(folder !== undefined, page);
  for (
    const [name, says] of [["app.css", /\{/], ["uplot.js", /uPlot/], ["uplot.css", /\.uplot/], [
      "app.js",
      /import.*\.\/chunk-/,
    ], ["overview.js", /IntersectionObserver/]] as const
  ) {
    const asset = await fetch(`${url}${folder}${name}`, { headers: { authorization: `Bearer ${token}` } });
    const text = await asset.text();
    assertEquals(asset.status, 200, `${name}: ${text}`);
    assertMatch(text, says);
  }
}
