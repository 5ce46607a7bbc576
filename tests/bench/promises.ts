/** What the product promises in milliseconds, told and not asserted: an edit served, 500 apps listed, 200 modules bundled. */
import { Bundler } from "../../runtime/bundle/bundler.ts";
import { ADMIN } from "../integration/life/admin_client.ts";
import { until } from "../integration/life/until.ts";
import { NanoProcess } from "../support/nano_process.ts";
import { benchProject } from "./bench_project.ts";
import { median } from "./rounds.ts";
import { printTable } from "./table.ts";

const SITES = 500;
const MODULES = 200;

/** Prints medians beside what is promised. */
export async function benchPromises(short: boolean): Promise<void> {
  const rounds = short ? 3 : 10;
  const edits = await editsServed(rounds);
  const lists = await listed(rounds);
  const [cold, ...warm] = await bundled(rounds);
  const row = (name: string, times: readonly number[], promise: number) => [
    name,
    median(times).toFixed(0),
    Math.max(...times).toFixed(0),
    String(promise),
  ];
  printTable("What is promised (ms)", ["", "p50", "max", "promised"], [
    row("an edit of an app's code is served", edits, 2000),
    row(`${SITES} apps are listed`, lists, 200),
    row(`${MODULES} modules are bundled, cold`, [cold!], 1000),
    row(`${MODULES} modules are bundled, warm`, warm, 50),
  ]);
}

async function editsServed(rounds: number): Promise<number[]> {
  const says = (text: string) => `export default { fetch: () => new Response("${text}") };\n`;
  await using project = await benchProject({ blog: { files: says("0") } });
  await using nano = await NanoProcess.start(project.configFile);
  const times: number[] = [];
  for (let round = 1; round <= rounds; round++) {
    const from = performance.now();
    await project.writeFile("blog", "index.ts", says(String(round)));
    await until(async () => await (await nano.fetch("blog")).text() === String(round), "the edit is served");
    times.push(performance.now() - from);
  }
  return times;
}

async function listed(rounds: number): Promise<number[]> {
  await using project = await benchProject({}, { admin: ADMIN });
  await Deno.mkdir(`${project.dir}/site`);
  await Deno.writeTextFile(`${project.dir}/site/index.html`, "<h1>Hello</h1>");
  const apps = Array.from({ length: SITES }, (_, at) => ({ name: `site-${at}`, path: "./site" }));
  const document = JSON.parse(await Deno.readTextFile(project.configFile));
  await project.writeRawConfig(JSON.stringify({ ...document, apps }));
  await using nano = await NanoProcess.start(project.configFile, { args: ["--no-watch"] });
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const from = performance.now();
    const response = await fetch(new URL("/admin/apps", nano.adminUrl!), {
      headers: { authorization: `Bearer ${ADMIN.token}` },
    });
    await response.text();
    times.push(performance.now() - from);
  }
  return times;
}

/** The first time is cold. */
async function bundled(rounds: number): Promise<number[]> {
  const files: Record<string, string> = {};
  for (let index = 0; index < MODULES; index++) {
    const next = index + 1 < MODULES ? `import { f0 as next } from "./m${index + 1}.ts";\nnext(1);\n` : "";
    const lines = Array.from(
      { length: 30 },
      (_, line) => `export function f${line}(n: number) { return n + ${line}; }`,
    );
    files[`src/m${index}.ts`] = next + lines.join("\n");
  }
  files["index.ts"] = 'import { f1 } from "./src/m0.ts"; export default { fetch: () => new Response(String(f1(1))) };';
  await using project = await benchProject({ big: { files } });
  const times: number[] = [];
  for (let round = 0; round <= rounds; round++) {
    await using bundler = new Bundler({ cacheDir: `${project.dir}/cache` });
    const from = performance.now();
    await bundler.bundle({ name: "big", path: `${project.dir}/apps/big`, nodeCompat: true });
    times.push(performance.now() - from);
  }
  return times;
}
