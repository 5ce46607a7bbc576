/** A folder of files that exists for one test. */

import { dirname, join } from "node:path";

/** Writes the files into a new folder, which is removed when the test ends. */
export async function appFolder(files: Readonly<Record<string, string | Uint8Array>>): Promise<AppFolder> {
  // The real path: on some systems the temp folder is a symlink.
  const folder = new AppFolder(await Deno.realPath(await Deno.makeTempDir({ prefix: "nano-bundle-" })));
  for (const [name, contents] of Object.entries(files)) await folder.write(name, contents);
  return folder;
}

/** The folder; names are relative to it. */
export class AppFolder implements AsyncDisposable {
  constructor(readonly path: string) {}

  async write(name: string, contents: string | Uint8Array): Promise<void> {
    await Deno.mkdir(dirname(join(this.path, name)), { recursive: true });
    await Deno.writeFile(
      join(this.path, name),
      typeof contents === "string" ? new TextEncoder().encode(contents) : contents,
    );
  }

  /** A folder inside; it goes with the whole. */
  in(name: string): AppFolder {
    return new AppFolder(this.at(name));
  }

  at(name: string): string {
    return join(this.path, name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.path, { recursive: true });
  }
}
