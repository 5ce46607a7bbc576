/**
 * `Deno.open`, `Deno.readFile` and `Deno.readTextFile` over the app's own static files, and over nothing else.
 *
 * What serves files in apps written for Deno (Hono's `serveStatic` among them) works on `assets` by these.
 */
import {
  apply,
  defineMember,
  entries,
  NativeResponse,
  promiseThen,
  responseBody,
  responseStatus,
  streamCancel,
  urlPathname,
} from "../../protocol/primordials.ts";
import { append, joinTexts, mapList, splitText } from "../../protocol/safe_lists.ts";

const { bytes, text } = Response.prototype;
const encode = encodeURIComponent;
const decode = decodeURIComponent;

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
    promiseThen(streamCancel(this.readable), undefined, () => {});
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

/**
 * Installs them.
 * @param prefix path of the folder of assets from the app's folder, or "" when it lies elsewhere
 * @boot
 */
export function installAssetReads(deno: object, fetchAsset: FetchAsset, prefix: string): void {
  const open = async (path: string | URL, options?: { write?: boolean; append?: boolean }): Promise<AssetHandle> => {
    if (options?.write || options?.append) throw new NotSupported(`Cannot write "${path}": apps have no file system`);
    const response = await find(path);
    return new AssetHandle(responseBody(response) ?? responseBody(new NativeResponse(""))!);
  };
  const find = async (path: string | URL): Promise<Response> => {
    const names = namesOf(path, prefix);
    const response = await fetchAsset(`http://assets/${joinTexts(mapList(names, (name) => encode(name)), "/")}`);
    if (responseStatus(response) === 200 && names.length > 0) return response;
    const body = responseBody(response);
    if (body !== null) await streamCancel(body);
    throw new NotFound(`Cannot open "${path}": there is no such file among the app's assets`);
  };
  const members = {
    open,
    readFile: async (path: string | URL) => await (apply(bytes, await find(path), []) as Promise<Uint8Array>),
    readTextFile: async (path: string | URL) => await (apply(text, await find(path), []) as Promise<string>),
    // The files lie on the other side of a wall that only answers later.
    lstatSync(path: string | URL): never {
      throw new NotSupported(`Cannot look at "${path}" synchronously: the app's assets are read asynchronously only`);
    },
    errors: { NotFound, NotSupported },
  };
  for (const [name, value] of entries(members)) {
    defineMember(deno, name, value, true);
  }
}

/** The names of a path below the folder of assets; the app's own folder is both "/" and the current one. */
function namesOf(path: string | URL, prefix: string): string[] {
  const shown = typeof path === "string" ? path : decode(urlPathname(path));
  const names: string[] = [];
  const given = splitText(shown, "/");
  for (let at = 0; at < given.length; at++) {
    const name = given[at]!;
    if (name === "..") names.length = names.length > 0 ? names.length - 1 : 0;
    else if (name !== "" && name !== ".") append(names, name);
  }
  const folder = prefix === "" ? [] : splitText(prefix, "/");
  for (let at = 0; at < folder.length; at++) if (names[at] !== folder[at]) return names;
  const below: string[] = [];
  for (let at = folder.length; at < names.length; at++) append(below, names[at]!);
  return below;
}
