/** The quick start, typed word for word: its files saved, its commands run, its output compared. */
import { assert, assertEquals } from "@std/assert";
import { dirname, join } from "node:path";
import { quotedPath } from "../../docs/scripts/compose_site.ts";
import { NanoProcess } from "../support/nano_process.ts";
import { until } from "../integration/life/until.ts";
import { pageFiles } from "./page_files.ts";

const PAGE = "start/quick-start.md";

const missing = ["bash", "curl", "sed"].filter((program) => !isThere(program));
if (missing.length > 0) console.log(`The quick start is not typed: there is no ${missing.join(", ")} on the PATH`);

Deno.test("The quick start works word for word", { ignore: missing.length > 0 }, async () => {
  const { blocks } = (await pageFiles()).find(({ path }) => path === PAGE)!;
  const dir = await Deno.makeTempDir({ prefix: "nano-docs-" });
  let serving: Serving | null = null;
  let compared = 0;
  try {
    for (const [at, { options, text }] of blocks.entries()) {
      const [file, save] = [options.get("file"), options.get("save")];
      if (file !== undefined && save !== undefined) {
        await Deno.mkdir(dirname(join(dir, save)), { recursive: true });
        await Deno.copyFile(quotedPath(file), join(dir, save));
      } else if (options.has("serve")) {
        await serving?.stop();
        serving = await Serving.start(text.trim(), dir);
      } else if (options.has("run")) {
        const next = blocks[at + 1];
        assert(next !== undefined && next.options.has("output"), `what follows "${text.trim()}" shows no output`);
        await runAndCompare(text, next.text, { dir, port: serving?.port ?? null });
        compared++;
      }
    }
  } finally {
    await serving?.stop();
    await Deno.remove(dir, { recursive: true });
  }
  assertEquals(compared, blocks.filter(({ options }) => options.has("output")).length);
  assert(compared >= 5);
});

/**
 * Runs commands and compares; the last one alone is run again until its output is right, since a save takes up to two
 * seconds to be served.
 */
async function runAndCompare(
  text: string,
  expected: string,
  { dir, port }: { readonly dir: string; readonly port: number | null },
): Promise<void> {
  const lines = text.trim().split("\n").map((line) => line.replaceAll(":8080", `:${port}`));
  for (const line of lines.slice(0, -1)) await run(line, dir);
  let actual = "";
  const matches = async () => {
    actual = await run(lines.at(-1)!, dir);
    return pattern(expected).test(actual);
  };
  await until(matches, `output of "${lines.at(-1)}"`).catch((error: Error) => {
    throw new Error(`${error.message}\nshown:\n${expected}\nactual:\n${actual}`);
  });
}

/** The output as it is shown; `…` stands for what differs from machine to machine. */
function pattern(expected: string): RegExp {
  const parts = expected.trim().split("…").map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}`);
}

async function run(line: string, dir: string): Promise<string> {
  // `nano` is the program of this checkout, in a folder of its own: only its working directory is the reader's.
  const { pathname } = new URL("../../", import.meta.url);
  const nano =
    `nano() { "${Deno.execPath()}" run -A --config "${pathname}deno.json" "${pathname}admin/cli/main.ts" "$@"; }`;
  const { code, stdout, stderr } = await new Deno.Command("bash", {
    args: ["-c", `${nano}\n${line}`],
    cwd: dir,
    env: { NO_COLOR: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).output();
  const decoder = new TextDecoder();
  if (code !== 0) throw new Error(`"${line}" ended with ${code}: ${decoder.decode(stderr)}`);
  return decoder.decode(stdout);
}

/** `nano dev` or `nano start` of the page, on free ports. */
class Serving {
  readonly port: number;
  readonly #nano: NanoProcess;

  private constructor(nano: NanoProcess, port: number) {
    this.#nano = nano;
    this.port = port;
  }

  static async start(line: string, dir: string): Promise<Serving> {
    const [program, command = "", ...args] = line.split(" ");
    assertEquals(program, "nano");
    const paths = command === "dev"
      ? [join(dir, args[0]!), "--port", "0"]
      : ["--config", join(dir, "nano.json"), "--port", "0", "--admin-port", "0", ...args];
    const nano = await NanoProcess.spawn([command, ...paths]);
    try {
      const url = await until(() => addressOf(nano), "NANO serves", 60_000);
      return new Serving(nano, Number(new URL(url).port));
    } catch (error) {
      await nano[Symbol.asyncDispose]();
      throw error;
    }
  }

  async stop(): Promise<void> {
    await this.#nano.stop();
    await this.#nano[Symbol.asyncDispose]();
  }
}

/** What `nano dev` prints, and what `nano start` logs. */
function addressOf(nano: NanoProcess): string | null {
  const printed = nano.strayLines.map((line) => /^Serving \S+ at (\S+)/.exec(line)?.[1]).find((url) =>
    url !== undefined
  );
  const started = nano.events.find(({ event }) => event === "server_start")?.["url"];
  return printed ?? (started === undefined ? null : String(started));
}

function isThere(program: string): boolean {
  return (Deno.env.get("PATH") ?? "").split(":").some((folder) => {
    try {
      return Deno.statSync(join(folder, program)).isFile;
    } catch {
      return false; // no such file, or a folder that may not be looked into: not there for us
    }
  });
}
