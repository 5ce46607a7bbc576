/** A world for commands that keeps what they say. */
import type { CliIo } from "../../../../admin/cli/cli_io.ts";

export class MemoryIo implements CliIo {
  readonly stdout: string[] = [];
  readonly stderr: string[] = [];
  readonly terminal = false;
  readonly cwd: string;
  readonly #env: Readonly<Record<string, string>>;

  constructor(cwd = "/", env: Readonly<Record<string, string>> = {}) {
    this.cwd = cwd;
    this.#env = env;
  }
  out(line: string): void {
    this.stdout.push(line);
  }
  err(line: string): void {
    this.stderr.push(line);
  }
  env(name: string): string | undefined {
    return this.#env[name];
  }
}
