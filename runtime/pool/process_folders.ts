/**
 * Folders of processes of isolates: each is its process' alone, and those of a NANO that was killed go with the next
 * one.
 */

const PREFIX = "nano-isolate-";
/** Of whom: its namespace of processes, as the kernel numbers it, and its number there. */
const OWNED = /^nano-isolate-(\d+)-(\d+)-/;

let swept: Promise<void> | null = null;

/** Makes one, which nobody else may look into; its owner removes it. */
export async function makeProcessFolder(): Promise<string> {
  const space = await ownSpace();
  const folder = await Deno.makeTempDir({ prefix: `${PREFIX}${space}-${Deno.pid}-` });
  // Where names cannot be listed, what a killed NANO left stays.
  await (swept ??= sweep(folder.slice(0, folder.lastIndexOf("/")), space).catch(() => {}));
  return folder;
}

/** Others of the machine may share the folder for temporary files, and see other processes: theirs are let be. */
async function sweep(folder: string, space: string): Promise<void> {
  for await (const { name } of Deno.readDir(folder)) {
    const [, where, pid] = OWNED.exec(name) ?? [];
    if (where !== space || await isRunning(pid!)) continue;
    // Another user's, or another NANO has just removed it.
    await Deno.remove(`${folder}/${name}`, { recursive: true }).catch(() => {});
  }
}

async function ownSpace(): Promise<string> {
  return /\d+/.exec(await Deno.readLink("/proc/self/ns/pid").catch(() => ""))?.[0] ?? "0";
}

async function isRunning(pid: string): Promise<boolean> {
  return await Deno.stat(`/proc/${pid}`).then(() => true, () => false);
}
