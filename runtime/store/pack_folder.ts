/** Packs an app's folder as tar.gz for a deploy; the same files give the same bytes. */
import { dirname, join, normalize, relative, sep } from "node:path";
import { createGzip } from "node:zlib";
// @ts-types="@types/tar-stream"
import type { Pack } from "tar-stream";
import { messageOf, NanoError } from "../errors.ts";
import { IgnoreRules } from "./ignore_rules.ts";
import { mainOf, neededPackages } from "./needed_packages.ts";
import { addTarFile, tarStream } from "./tar_stream.ts";
import { throughZlib, ZLIB_CHUNK_BYTES } from "./through_zlib.ts";

/** Never an app's files: histories, NANO's own state, secrets of the machine, what editors and systems leave. */
const LEFT_OUT =
  /^(\.git|\.hg|\.svn|\.nano|\.DS_Store|\._.*|Thumbs\.db|\.env.*|\.dev\.vars.*|\.npmrc|\.yarnrc(\.yml)?|.*~|\.#.*|#.*#|.*\.sw[a-p])$/i;

const FILE_MODE = 0o644;

/** Time of all files: 1970, so that nothing but content and names decides the bytes. */
const NO_TIME = new Date(0);

/** Settings of {@linkcode packFolder}. */
export interface PackOptions {
  /** Whether to leave a file or folder out, beside what always is; the path is relative, with `/`. */
  readonly exclude?: (path: string) => boolean;
  /** Whether to leave out installed packages too, for a NANO that installs them itself. */
  readonly withoutPackages?: boolean;
  /** Path of the folder that links may lead to: the workspace around the app; its own folder unless given. */
  readonly reach?: string;
  /** Files and folders that the app begins in, relative with `/`, beside `main` of package.json. */
  readonly begins?: readonly string[];
  /** Texts of files by their names, in the place of what the folder has under them. */
  readonly texts?: Readonly<Record<string, string>>;
  /** Files to add by their names, each a copy of another (absolute path) or a text. */
  readonly added?: Readonly<Record<string, { readonly path: string } | { readonly text: string }>>;
}

/** A folder on its way to be packed. */
export interface PackedFolder {
  /** tar.gz; read it to its end or cancel it. */
  readonly stream: ReadableStream<Uint8Array>;
  /** How many files there are. */
  readonly files: number;
  /** Their length together, unpacked. */
  readonly bytes: number;
  /** What was left out, sorted: paths, those of folders with a slash at the end. */
  readonly leftOut: readonly string[];
}

interface FileToPack {
  /** In the archive. */
  readonly name: string;
  /** On the disk, links followed. */
  readonly path: string;
  readonly bytes: number;
  /** Where it leads, when it is packed as a link. */
  readonly link?: string;
  /** Its content, where that is no file's. */
  readonly text?: string;
}

/**
 * Packs a folder. Left out are `.git`, `.nano`, secrets (`.env*`, `.dev.vars*`, `.npmrc`), what editors leave, and what
 * `.gitignore` and `.nanoignore` name: but never what the app begins in with its folder, nor the installed packages that
 * `dependencies` reach, unless it is .nanoignore that names them. Other packages beside a package.json stay out.
 * @param dir path of the folder
 * @throws {NanoError} USAGE when it is no folder, has no files, or a link in it leads out of it
 *
 * @example
 * ```ts
 * import { packFolder } from "./pack_folder.ts";
 * const { stream, files } = await packFolder(new URL("../../docs/examples/hello", import.meta.url).pathname);
 * await stream.cancel();
 * files > 0; // true
 * ```
 */
export async function packFolder(dir: string, options: PackOptions = {}): Promise<PackedFolder> {
  let root: string;
  try {
    root = await Deno.realPath(dir);
    if (!(await Deno.stat(root)).isDirectory) throw new Error("it is no folder");
  } catch (cause) {
    throw new NanoError("USAGE", `Cannot pack "${dir}": ${messageOf(cause)}`, { cause });
  }
  const found: FileToPack[] = [];
  const exclude = options.exclude ?? (() => false);
  const main = await mainOf(root);
  const packing: Packing = {
    root,
    reach: options.reach === undefined ? root : await Deno.realPath(options.reach),
    shown: dir,
    exclude,
    found,
    leftOut: [],
    begins: [...main === null ? [] : [normalize(main).split(sep).join("/")], ...options.begins ?? []],
  };
  const rules = await IgnoreRules.above(root);
  await collect({ name: "", path: root, above: [root], rules, isBuild: false }, packing);
  for (const [name, text] of Object.entries(options.texts ?? {})) {
    const at = found.findIndex((file) => file.name === name);
    if (at >= 0) found[at] = textFile(root, name, text);
  }
  for (const [name, file] of Object.entries(options.added ?? {})) {
    if ("text" in file) found.push(textFile(root, name, file.text));
    else found.push({ name, path: file.path, bytes: (await Deno.stat(file.path)).size });
  }
  if (options.withoutPackages !== true) await addPackages(await rules.below(root), packing);
  if (found.length === 0) throw new NanoError("USAGE", `Cannot pack "${dir}": it has no files`);
  // By code units and not by locale: the same order on every machine.
  found.sort((a, b) => a.name < b.name ? -1 : 1);
  const bytes = found.reduce((sum, file) => sum + file.bytes, 0);
  return { stream: compressed(found), files: found.length, bytes, leftOut: packing.leftOut.sort() };
}

function textFile(root: string, name: string, text: string): FileToPack {
  return { name, path: join(root, name), bytes: new TextEncoder().encode(text).byteLength, text };
}

interface Folder {
  readonly name: string;
  readonly path: string;
  /** Real paths of it and of all that it lies in, to see a link that leads back up. */
  readonly above: readonly string[];
  /** Without those of the folder itself. */
  readonly rules: IgnoreRules;
  /** The app begins in it: .gitignore has no say there, since it is a build. */
  readonly isBuild: boolean;
}

interface Packing {
  readonly root: string;
  /** Links lead to nothing outside of it. */
  readonly reach: string;
  readonly shown: string;
  readonly exclude: (path: string) => boolean;
  readonly found: FileToPack[];
  readonly leftOut: string[];
  /** What the app begins in. */
  readonly begins: readonly string[];
}

async function collect(folder: Folder, packing: Packing): Promise<void> {
  const entries = await Array.fromAsync(Deno.readDir(folder.path));
  const hasManifest = entries.some((entry) => entry.name === "package.json");
  const rules = await folder.rules.below(folder.path);
  for (const entry of entries) {
    const name = folder.name === "" ? entry.name : `${folder.name}/${entry.name}`;
    const place = join(folder.path, entry.name);
    if (entry.name === "node_modules" && hasManifest) continue;
    if (LEFT_OUT.test(entry.name) || packing.exclude(name)) {
      packing.leftOut.push(entry.isDirectory ? `${name}/` : name);
      continue;
    }
    const begins = packing.begins.some((one) => beginsIn(name, entry.isDirectory, one));
    if (rules.leavesOut(place, { isFolder: entry.isDirectory, ownOnly: folder.isBuild || begins })) {
      packing.leftOut.push(entry.isDirectory ? `${name}/` : name);
      continue;
    }
    const path = entry.isSymlink ? await followed(name, packing) : place;
    const { isFile, isDirectory, size } = await Deno.stat(path);
    if (isFile) {
      packing.found.push({ name, path, bytes: size });
    } else if (!isDirectory) {
      throw new NanoError("USAGE", `Cannot pack "${packing.shown}": "${name}" is neither a file nor a folder`);
    } else if (folder.above.includes(path)) {
      throw new NanoError("USAGE", `Cannot pack "${packing.shown}": link "${name}" leads to a folder that it lies in`);
    } else {
      // A folder that is left out by itself and comes in for the app's beginning comes in whole.
      const isBuild = folder.isBuild ||
        (begins && rules.leavesOut(place, { isFolder: true, ownOnly: false }));
      await collect({ name, path, above: [...folder.above, path], rules, isBuild }, packing);
    }
  }
}

/** Whether the app begins in a file, or below a folder. */
function beginsIn(name: string, isFolder: boolean, main: string): boolean {
  if (isFolder) return main === name || main.startsWith(`${name}/`);
  // An ending, or index, may be left to whoever looks for it.
  return main === name || name.startsWith(`${main}.`) || name.startsWith(`${main}/index.`);
}

/** Packages as they are installed: those of pnpm are links to a store in the same folder. */
async function addPackages(rules: IgnoreRules, packing: Packing): Promise<void> {
  const { root, found, exclude } = packing;
  const names = new Set(found.map(({ name }) => name));
  const isInside = (path: string) => path.startsWith(root + sep);
  const nameOf = (path: string) => relative(root, path).split(sep).join("/");
  const add = (file: FileToPack) => {
    if (names.has(file.name) || exclude(file.name)) return;
    names.add(file.name);
    found.push(file);
  };
  for (const one of await neededPackages(root)) {
    if (isInside(one.path) && isOut(one.path)) continue;
    // One that a workspace keeps further up comes along at the app's own top.
    const name = isInside(one.path) ? nameOf(one.path) : `node_modules/${one.name}`;
    const isLink = isInside(one.path) && isInside(one.real) && one.path !== one.real;
    if (isLink) {
      add({ name, path: one.path, bytes: 0, link: relative(dirname(one.path), one.real).split(sep).join("/") });
    }
    for await (const { path, bytes } of filesOf(one.real)) {
      const inside = relative(one.real, path).split(sep).join("/");
      add({ name: `${isLink ? nameOf(one.real) : name}/${inside}`, path, bytes });
    }
  }

  function isOut(path: string): boolean {
    const parts = relative(root, path).split(sep);
    return parts.some((_part, at) =>
      rules.leavesOut(join(root, ...parts.slice(0, at + 1)), { isFolder: true, ownOnly: true })
    );
  }
}

/** Files of a package, without packages inside it, which are found by themselves. */
async function* filesOf(folder: string): AsyncGenerator<{ readonly path: string; readonly bytes: number }> {
  for await (const { name, isFile, isDirectory } of Deno.readDir(folder)) {
    if (LEFT_OUT.test(name) || name === "node_modules") continue;
    const path = join(folder, name);
    if (isDirectory) yield* filesOf(path);
    else if (isFile) yield { path, bytes: (await Deno.stat(path)).size };
  }
}

async function followed(name: string, { root, reach, shown }: Packing): Promise<string> {
  let target: string;
  try {
    target = await Deno.realPath(join(root, name));
  } catch (cause) {
    throw new NanoError("USAGE", `Cannot pack "${shown}": link "${name}" leads nowhere`, { cause });
  }
  const inside = relative(target.startsWith(root + sep) ? root : reach, target);
  if (inside === ".." || inside.startsWith(`..${sep}`)) {
    throw new NanoError(
      "USAGE",
      `Cannot pack "${shown}": link "${name}" leads out of the ${reach === root ? "folder" : "workspace"}`,
    );
  }
  // What is left out under its own name does not come in under another one.
  const parts = inside.split(sep);
  if (parts.some((part) => part === "node_modules" || LEFT_OUT.test(part))) {
    throw new NanoError("USAGE", `Cannot pack "${shown}": link "${name}" leads to "${inside}", which is left out`);
  }
  return target;
}

/** Opens nothing before it is read. */
function compressed(files: readonly FileToPack[]): ReadableStream<Uint8Array> {
  const tar = tarStream((tar) => fill(tar, files));
  return ReadableStream.from(throughZlib(tar, createGzip({ chunkSize: ZLIB_CHUNK_BYTES })));
}

async function fill(tar: Pack, files: readonly FileToPack[]): Promise<void> {
  for (const { name, path, bytes, link, text } of files) {
    if (tar.destroyed) return;
    if (link !== undefined) tar.entry({ name, type: "symlink", linkname: link, mtime: NO_TIME });
    else if (text !== undefined) tar.entry({ name, mode: FILE_MODE, mtime: NO_TIME }, text);
    else {
      const tooShort = () => new NanoError("USAGE", `Cannot pack "${name}": it became shorter while it was read`);
      await addTarFile(tar, { name, path, bytes, mode: FILE_MODE, mtime: NO_TIME }, tooShort);
    }
  }
}
