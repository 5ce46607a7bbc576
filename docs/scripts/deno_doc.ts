/** Runs `deno doc` on a module of the repo. */

const REPO = new URL("../../", import.meta.url);

/**
 * What `deno doc` prints of a module.
 * @param path from the repo's root
 * @throws Error with what it wrote to stderr
 */
export async function denoDoc(
  path: string,
  options: readonly string[] = [],
): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["doc", ...options, path],
    cwd: REPO,
    env: { NO_COLOR: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).output();
  if (!success) {
    throw new Error(
      `Cannot read the docs of "${path}": ${new TextDecoder().decode(stderr).slice(-2000)}`,
    );
  }
  return new TextDecoder().decode(stdout);
}
