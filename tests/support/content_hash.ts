/** One hash for all files of a folder, to tell whether they are whole. */
import { createHash } from "node:crypto";

/** Hash of these files, by path and content. */
export function contentHash(files: ReadonlyMap<string, string | Uint8Array>): string {
  const hash = createHash("sha256");
  for (const [name, content] of [...files].sort(([one], [other]) => one < other ? -1 : 1)) {
    const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
    hash.update(`${name}\0${bytes.length}\0`).update(bytes);
  }
  return hash.digest("hex");
}

/** The same of a folder on the disk. */
export async function folderHash(root: string): Promise<string> {
  const files = new Map<string, Uint8Array>();
  async function visit(prefix: string): Promise<void> {
    for await (const { name, isDirectory } of Deno.readDir(`${root}/${prefix}`)) {
      if (isDirectory) await visit(`${prefix}${name}/`);
      else files.set(`${prefix}${name}`, await Deno.readFile(`${root}/${prefix}${name}`));
    }
  }
  await visit("");
  return contentHash(files);
}
