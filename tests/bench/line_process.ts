/** A process of the bench that is asked by lines and answers by lines. */
import { fromFileUrl, REPO } from "../support/repo.ts";

/** One that runs direct_data.ts. */
export class LineProcess implements AsyncDisposable {
  readonly pid: number;
  readonly #child: Deno.ChildProcess;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #reader: ReadableStreamDefaultReader<string>;
  #text = "";

  /** @param arg of direct_data.ts */
  constructor(arg: string) {
    this.#child = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", fromFileUrl(new URL("tests/bench/direct_data.ts", REPO)), arg],
      cwd: fromFileUrl(REPO),
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    this.pid = this.#child.pid;
    this.#writer = this.#child.stdin.getWriter();
    this.#reader = this.#child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  }

  /** The number that comes after a line. */
  async ask(line: string): Promise<number> {
    await this.#writer.write(new TextEncoder().encode(`${line}\n`));
    return Number(await this.line());
  }

  /** The next line. */
  async line(): Promise<string> {
    for (;;) {
      const end = this.#text.indexOf("\n");
      if (end !== -1) {
        const line = this.#text.slice(0, end);
        this.#text = this.#text.slice(end + 1);
        return line;
      }
      const { done, value } = await this.#reader.read();
      if (done) throw new Error("The other side of the bench has ended");
      this.#text += value;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#child.status;
    await this.#writer.abort().catch(() => {});
    await this.#reader.cancel().catch(() => {});
  }
}
