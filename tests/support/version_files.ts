/** A temporary state folder with version folders, and what lies in it. */
import { VersionFolders } from "../../runtime/store/version_folders.ts";

/** Version folders in a temporary folder, which is removed at the end. */
export class TempVersions implements AsyncDisposable {
  readonly stateDir: string;
  readonly folders: VersionFolders;

  private constructor(stateDir: string) {
    this.stateDir = stateDir;
    this.folders = new VersionFolders(stateDir);
  }

  /** @param options.inMemory for tests that make tens of thousands of files, where the machine has such a place */
  static async create(options: { readonly inMemory?: boolean } = {}): Promise<TempVersions> {
    const memory = options.inMemory && await Deno.stat("/dev/shm").then(() => true, () => false);
    return new TempVersions(await Deno.makeTempDir({ prefix: "nano-test-", ...(memory ? { dir: "/dev/shm" } : {}) }));
  }

  /** Unpacks bytes as the first version of app "a". */
  unpack(archive: Uint8Array<ArrayBuffer>): Promise<{ bytes: number; files: number }> {
    return this.folders.unpack("a", "v1", ReadableStream.from([archive]));
  }

  /** Files of app "a", version 1, with their texts. */
  texts(): Promise<Record<string, string>> {
    return textsIn(this.folders.pathOf("a", "v1"));
  }

  /** All that lies in the state folder, apart from the two folders that always stay. */
  async leftOver(): Promise<string[]> {
    const paths = await pathsIn(this.stateDir);
    return paths.filter((path) => path !== "versions" && path !== "versions/.transit");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.stateDir, { recursive: true });
  }
}

/** Paths of all files and folders below a folder, sorted. */
export async function pathsIn(root: string): Promise<string[]> {
  const found: string[] = [];
  async function visit(path: string): Promise<void> {
    for await (const entry of Deno.readDir(`${root}/${path}`)) {
      const name = path === "" ? entry.name : `${path}/${entry.name}`;
      found.push(name);
      if (entry.isDirectory) await visit(name);
    }
  }
  await visit("");
  return found.sort();
}

/** Texts of all files below a folder, by path. */
export async function textsIn(root: string): Promise<Record<string, string>> {
  const texts: Record<string, string> = {};
  for (const path of await pathsIn(root)) {
    if ((await Deno.lstat(`${root}/${path}`)).isFile) texts[path] = await Deno.readTextFile(`${root}/${path}`);
  }
  return texts;
}
