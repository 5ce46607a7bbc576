/** Reads what `deno compile` put into a binary: its settings and its file system. */
import { Buffer } from "node:buffer";

/** The settings that are baked in, as far as tests look at them. */
export interface EmbeddedSettings {
  readonly permissions: Readonly<Record<string, unknown>>;
  readonly v8_flags: readonly string[];
  readonly unstable_config: { readonly features: readonly string[] };
  readonly entrypoint_key: string;
}

/** A file of the embedded file system. */
export interface EmbeddedFile {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly isProgram: boolean;
}

/** Deno's names: n name, e entries, o offset and length, x executable. */
type Entry =
  | { readonly Dir: { readonly n: string; readonly e: readonly Entry[] } }
  | { readonly File: { readonly n: string; readonly o: readonly [number, number]; readonly x?: boolean } }
  | { readonly Symlink: { readonly n: string } };

/** Stands before the settings and after the last file. */
const MAGIC = "d3n0l4nd";
/** Where the npm packages are. Deno sorts names, so the file system's description begins with it. */
export const PACKAGES = ".deno_compile_node_modules/localhost/";

/** What a binary carries. Its parts lie one behind the other, each after its length. */
export class EmbeddedArchive {
  readonly settings: EmbeddedSettings;
  /** The settings as text: what is found in no named field is found here. */
  readonly settingsText: string;
  /** By path from the root, files of packages included. */
  readonly files: ReadonlyMap<string, EmbeddedFile>;

  private constructor(settingsText: string, files: ReadonlyMap<string, EmbeddedFile>) {
    this.settingsText = settingsText;
    this.settings = JSON.parse(settingsText);
    this.files = files;
  }

  /** @throws Error when it is no output of this Deno's `deno compile` */
  static parse(binary: Uint8Array<ArrayBuffer>): EmbeddedArchive {
    const buffer = Buffer.from(binary.buffer, binary.byteOffset, binary.byteLength);
    const magic = buffer.indexOf(MAGIC + MAGIC);
    const tree = buffer.indexOf(`[{"Dir":{"n":"${PACKAGES.split("/")[0]}"`);
    if (magic === -1 || tree === -1) throw new Error("Cannot find what deno compile embeds");
    const settings = sized(buffer, magic + 2 * MAGIC.length);
    const description = sized(buffer, tree - 8);
    const contents = sized(buffer, tree + description.length);
    const end = contents.byteOffset - buffer.byteOffset + contents.length;
    if (buffer.toString("latin1", end, end + MAGIC.length) !== MAGIC) throw new Error("Cannot find the embedded files");
    const files = new Map<string, EmbeddedFile>();
    collect(JSON.parse(description.toString()), "", (path, [offset, length], isProgram) => {
      files.set(path, { bytes: new Uint8Array(contents.subarray(offset, offset + length)), isProgram });
    });
    return new EmbeddedArchive(settings.toString(), files);
  }

  /** NANO's own files: all that are of no package. */
  get ownFiles(): readonly string[] {
    return [...this.files.keys()].filter((path) => !path.startsWith(PACKAGES)).sort();
  }

  /** Packages as `name@version`. */
  get packages(): ReadonlySet<string> {
    const found = new Set<string>();
    for (const path of this.files.keys()) {
      const match = path.slice(PACKAGES.length).match(/^((?:@[^/]+\/)?[^/]+)\/([^/]+)\/package\.json$/);
      if (path.startsWith(PACKAGES) && match !== null) found.add(`${match[1]}@${match[2]}`);
    }
    return found;
  }
}

/** The part at `at`: its length as 64 bits, little end first, then its bytes. */
function sized(buffer: Buffer, at: number): Buffer {
  const start = at + 8;
  return buffer.subarray(start, start + Number(buffer.readBigUInt64LE(at)));
}

function collect(
  entries: readonly Entry[],
  folder: string,
  add: (path: string, place: readonly [number, number], isProgram: boolean) => void,
): void {
  for (const entry of entries) {
    if ("Dir" in entry) collect(entry.Dir.e, `${folder}${entry.Dir.n}/`, add);
    else if ("File" in entry) add(folder + entry.File.n, entry.File.o, entry.File.x === true);
    else throw new Error(`Cannot read the link ${folder}${entry.Symlink.n}`);
  }
}
