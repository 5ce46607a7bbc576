/** The folder `data` of an app that runs as Deno itself runs it: there it writes, and its versions share it. */
import { join } from "node:path";
import type { ProcessUser } from "../config/process_users.ts";
import { makeFolderAs } from "../pool/folder_tools.ts";

/** What an app knows it as. */
const NAME = "data";

/**
 * Makes it when it is missing. A link that the app brings is none: it would choose what of the host it may write.
 *
 * @param root real path of the app's folder
 * @param kept where it is kept for an app whose versions NANO keeps, each in a folder of its own; null when it lies right
 *   there
 * @param options.user whom the app runs as; null for NANO's
 * @returns real path of the folder, and the path by which the app knows it where that is another
 * @throws {Error} when it is a link, or what the file system says
 */
export async function findDataFolder(
  root: string,
  kept: string | null,
  { user = null }: { readonly user?: ProcessUser | null } = {},
): Promise<readonly string[]> {
  const own = join(root, NAME);
  const shipped = await kindOf(own);
  if (kept === null) {
    if (shipped === "link") throw new Error(`"${NAME}" is a link, and has to be a folder`);
    if (shipped === "none" && user !== null) await makeFolderAs(user, own);
    else await Deno.mkdir(own, { recursive: true });
    return [own];
  }
  if (shipped === "folder") {
    // As with a volume: what the first version brings is what there is at first.
    if (await kindOf(kept) === "none") await moveIn(own, kept);
    else await Deno.rename(own, `${own}.shipped`);
  }
  await Deno.mkdir(kept, { recursive: true, mode: 0o700 });
  const isLinked = shipped === "link" && await Deno.readLink(own) === kept;
  if (shipped === "link" && !isLinked) await Deno.remove(own);
  if (!isLinked) await Deno.symlink(kept, own);
  return [await Deno.realPath(kept), own];
}

async function moveIn(from: string, to: string): Promise<void> {
  await Deno.mkdir(join(to, ".."), { recursive: true, mode: 0o700 });
  await Deno.rename(from, to);
}

async function kindOf(path: string): Promise<"none" | "folder" | "link" | "other"> {
  try {
    const { isDirectory, isSymlink } = await Deno.lstat(path);
    return isSymlink ? "link" : isDirectory ? "folder" : "other";
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "none";
    throw error;
  }
}
