/**
 * `Deno.open`, `Deno.readFile` and `Deno.readTextFile` over the app's own static files, and over nothing else.
 *
 * What serves files in apps written for Deno (Hono's `serveStatic` among them) works on `assets` by these.
 */

/** Asks for one of the app's static files. */
export type FetchAsset = (url: string) => Promise<Response>;

class NotFound extends Error {
  override readonly name = "NotFound";
}

class NotSupported extends Error {
  override readonly name = "NotSupported";
}

/** A file that is open for reading. */
class AssetHandle {
  readonly readable: ReadableStream<Uint8Array>;

  constructor(readable: ReadableStream<Uint8Array>) {
    this.readable = readable;
  }

  /** Lets go of a file whose content is not wanted any more. */
  close(): void {
    // A stream that somebody reads is its reader's to end.
    this.readable.cancel().catch(() => {});
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

/**
 * Installs them.
 * @param prefix path of the folder of assets from the app's folder, or "" when it lies elsewhere
 */
export function installAssetReads(deno: object, fetchAsset: FetchAsset, prefix: string): void {
  const open = async (path: string | URL, options?: { write?: boolean; append?: boolean }): Promise<AssetHandle> => {
    if (options?.write || options?.append) throw new NotSupported(`Cannot write "${path}": apps have no file system`);
    const response = await find(path);
    return new AssetHandle(response.body ?? new Response("").body!);
  };
  const find = async (path: string | URL): Promise<Response> => {
    const names = namesOf(path, prefix);
    const response = await fetchAsset(`http://assets/${names.map(encodeURIComponent).join("/")}`);
    if (response.status === 200 && names.length > 0) return response;
    await response.body?.cancel();
    throw new NotFound(`Cannot open "${path}": there is no such file among the app's assets`);
  };
  const members = {
    open,
    readFile: async (path: string | URL) => await (await find(path)).bytes(),
    readTextFile: async (path: string | URL) => await (await find(path)).text(),
    // The files lie on the other side of a wall that only answers later.
    lstatSync(path: string | URL): never {
      throw new NotSupported(`Cannot look at "${path}" synchronously: the app's assets are read asynchronously only`);
    },
    errors: { NotFound, NotSupported },
  };
  for (const [name, value] of Object.entries(members)) {
    Object.defineProperty(deno, name, { value, writable: true, configurable: true, enumerable: true });
  }
}

/** The names of a path below the folder of assets; the app's own folder is both "/" and the current one. */
function namesOf(path: string | URL, prefix: string): string[] {
  const text = typeof path === "string" ? path : decodeURIComponent(path.pathname);
  const names: string[] = [];
  for (const name of text.split("/")) {
    if (name === "..") names.pop();
    else if (name !== "" && name !== ".") names.push(name);
  }
  const folder = prefix === "" ? [] : prefix.split("/");
  return folder.length > 0 && folder.every((name, at) => names[at] === name) ? names.slice(folder.length) : names;
}
