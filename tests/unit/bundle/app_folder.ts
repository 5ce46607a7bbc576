/** A folder of files that exists for one test. */

import { dirname, join } from "node:path";

/** Writes the files into a new folder, which is removed when the test ends. */
export async function appFolder(files: Readonly<Record<string, string>>): Promise<AppFolder> {
  // The real path: on some systems the temp folder is a symlink.
  const folder = new AppFolder(await Deno.realPath(await Deno.makeTempDir({ prefix: "nano-bundle-" })));
  for (const [name, text] of Object.entries(files)) await folder.write(name, text);
  return folder;
}

/** The folder; names are relative to it. */
export class AppFolder implements AsyncDisposable {
  constructor(readonly path: string) {}

  async write(name: string, text: string): Promise<void> {
    await Deno.mkdir(dirname(join(this.path, name)), { recursive: true });
    await Deno.writeTextFile(join(this.path, name), text);
  }

  at(name: string): string {
    return join(this.path, name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.path, { recursive: true });
  }
}
