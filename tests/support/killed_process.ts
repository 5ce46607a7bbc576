/** Starts a Deno script and kills it with SIGKILL at a random moment. */
import { fromFileUrl } from "./repo.ts";
import type { SeededRandom } from "./seeded_random.ts";

const DEADLINE_MS = 120_000;

/**
 * Runs a script until it has told a number of lines, and a random time on; then it is killed.
 * @param script its URL
 * @returns every whole line of its stdout
 */
export async function killedProcess(
  script: URL,
  options: {
    readonly args: readonly string[];
    /** Lines to wait for before the random time begins. */
    readonly lines: number;
    /** The random time is shorter than this. */
    readonly withinMs: number;
    readonly random: SeededRandom;
  },
): Promise<string[]> {
  const command = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", fromFileUrl(script), ...options.args],
    stdout: "piped",
    stderr: "piped",
  });
  await using child = command.spawn();
  const errors = new Response(child.stderr).text();
  const deadline = setTimeout(() => child.kill("SIGKILL"), DEADLINE_MS);
  let timer: ReturnType<typeof setTimeout> | undefined;
  let text = "";
  try {
    for await (const part of child.stdout.pipeThrough(new TextDecoderStream())) {
      text += part;
      if (timer === undefined && text.split("\n").length > options.lines) {
        timer = setTimeout(() => child.kill("SIGKILL"), options.random.below(options.withinMs));
      }
    }
    const { signal } = await child.status;
    const told = await errors;
    if (signal !== "SIGKILL" || timer === undefined) throw new Error(`The script ended by itself: ${told}`);
    return text.split("\n").slice(0, -1);
  } finally {
    clearTimeout(deadline);
    clearTimeout(timer);
  }
}
