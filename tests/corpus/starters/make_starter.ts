/** Makes a starter by its own tool, installs its packages and builds it. */
import { fromFileUrl } from "../../support/repo.ts";
import type { Starter } from "./starter.ts";

const BY_HAND = fromFileUrl(new URL("by_hand/", import.meta.url));
/** Of one command, to bound a hang only: an installation from an empty cache, or the build of a large framework. */
const COMMAND_MS = 2_400_000;
const INSTALL = "npm install --no-audit --no-fund --loglevel=error";

/** What tools are told: to ask nothing, to tell nobody, and to fetch no browsers. */
export function commandEnv(): Record<string, string> {
  return {
    CI: "1",
    NO_COLOR: "1",
    DO_NOT_TRACK: "1",
    ASTRO_TELEMETRY_DISABLED: "1",
    NEXT_TELEMETRY_DISABLED: "1",
    NUXT_TELEMETRY_DISABLED: "1",
    NG_CLI_ANALYTICS: "false",
    WRANGLER_SEND_METRICS: "false",
    npm_config_yes: "true",
    npm_config_update_notifier: "false",
  };
}

/**
 * Makes a starter where it is not made yet; each step leaves a mark, so that a run that was cut goes on.
 * @param dir absolute path of the folder that it is made in
 * @returns absolute path of it
 * @throws Error with the end of what the failed command wrote
 */
export async function makeStarter(starter: Starter, dir: string): Promise<string> {
  const folder = `${dir}/${starter.name}`;
  await once(`${folder}/.made`, async () => {
    await Deno.remove(folder, { recursive: true }).catch(() => {});
    await run(starter.make ?? `cp -r "${BY_HAND}${starter.name}" .`, dir);
    for (const { file, from, to } of starter.edits ?? []) {
      const text = await Deno.readTextFile(`${folder}/${file}`);
      if (!text.includes(from)) throw new Error(`${starter.name}: ${file} does not hold ${from}`);
      await Deno.writeTextFile(`${folder}/${file}`, text.replace(from, to));
    }
  });
  await once(`${folder}/.built`, async () => {
    const hasPackages = await exists(`${folder}/package.json`) && !(await exists(`${folder}/node_modules`));
    if (hasPackages) await run(INSTALL, folder);
    if (starter.build !== undefined) await run(starter.build, folder);
  });
  return folder;
}

async function once(mark: string, make: () => Promise<void>): Promise<void> {
  if (await exists(mark)) return;
  await make();
  await Deno.writeTextFile(mark, "");
}

async function run(command: string, cwd: string): Promise<void> {
  const { success, stdout, stderr } = await new Deno.Command("sh", {
    args: ["-c", command],
    cwd,
    env: commandEnv(),
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    signal: AbortSignal.timeout(COMMAND_MS),
  }).output();
  if (success) return;
  const written = `${new TextDecoder().decode(stdout)}\n${new TextDecoder().decode(stderr)}`.trim().slice(-1000);
  throw new Error(`${command}\n${written}`);
}

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}
