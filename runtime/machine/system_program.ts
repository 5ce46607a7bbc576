/** Programs of the system that the host asks, which learn nothing of its environment. */

/** What came of one. */
export interface ProgramEnd {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs one to its end, which is forced at a signal. @param program a path, or a name in /usr/bin or /bin */
export async function runSystemProgram(
  program: string,
  args: readonly string[],
  signal: AbortSignal | null = null,
): Promise<ProgramEnd> {
  const { code, stdout, stderr } = await new Deno.Command(program, {
    args: [...args],
    clearEnv: true,
    env: { LC_ALL: "C", PATH: "/usr/bin:/bin" },
    cwd: "/",
    stdin: "null",
    ...signal === null ? {} : { signal },
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: text(stdout), stderr: text(stderr) };
}
