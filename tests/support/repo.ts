/** Where the repo is, and which source files it holds. */

/** URL of the repo's root, with a slash at its end. */
export const REPO: URL = new URL("../../", import.meta.url);

/** The file system path of a file URL. */
export function fromFileUrl(url: URL): string {
  return decodeURIComponent(url.pathname);
}

/** All TypeScript files below a folder of the repo, as sorted paths from its root; none when it does not exist. */
export async function sourceFiles(folder: string): Promise<string[]> {
  const found: string[] = [];
  try {
    for await (const entry of Deno.readDir(new URL(`${folder}/`, REPO))) {
      const path = `${folder}/${entry.name}`;
      if (entry.isDirectory && entry.name !== "node_modules") found.push(...await sourceFiles(path));
      else if (/\.tsx?$/.test(entry.name)) found.push(path);
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return found.sort();
}
