/** What Node's fs tells of a file: Stats, BigIntStats, Dirent. */
import constants from "unenv/node/constants";
import type { FileFacts } from "../../protocol/host_calls.ts";

const { S_IFCHR, S_IFDIR, S_IFREG, S_IFLNK, S_IFIFO, S_IFMT } = constants as unknown as Record<string, number>;
const TYPES = { file: S_IFREG!, folder: S_IFDIR!, link: S_IFLNK!, other: S_IFIFO!, device: S_IFCHR! };

/** What is known of a file, wherever it lies. */
export interface Facts extends Omit<FileFacts, "kind"> {
  readonly kind: FileFacts["kind"] | "device";
  readonly mode?: number;
}

abstract class Kinds {
  abstract readonly mode: number | bigint;

  isFile(): boolean {
    return this.#is(S_IFREG!);
  }
  isDirectory(): boolean {
    return this.#is(S_IFDIR!);
  }
  isSymbolicLink(): boolean {
    return this.#is(S_IFLNK!);
  }
  isFIFO(): boolean {
    return this.#is(S_IFIFO!);
  }
  isSocket(): boolean {
    return false;
  }
  isBlockDevice(): boolean {
    return false;
  }
  isCharacterDevice(): boolean {
    return this.#is(S_IFCHR!);
  }

  #is(type: number): boolean {
    return (Number(this.mode) & S_IFMT!) === type;
  }
}

/** As `fs.stat` gives it. Owner and device are nobody's business. */
export class Stats extends Kinds {
  readonly dev = 1;
  readonly mode: number;
  readonly nlink = 1;
  readonly uid = 0;
  readonly gid = 0;
  readonly rdev = 0;
  readonly blksize = 4096;
  readonly ino: number;
  readonly size: number;
  readonly blocks: number;
  readonly atimeMs: number;
  readonly mtimeMs: number;
  readonly ctimeMs: number;
  readonly birthtimeMs: number;
  atime: Date;
  mtime: Date;
  ctime: Date;
  birthtime: Date;

  constructor(facts: Facts) {
    super();
    this.mode = modeOf(facts);
    this.ino = facts.inode;
    this.size = facts.size;
    this.blocks = Math.ceil(facts.size / 512);
    this.atimeMs = this.mtimeMs = this.ctimeMs = facts.modifiedMs;
    this.birthtimeMs = facts.createdMs;
    this.atime = new Date(facts.modifiedMs);
    this.mtime = new Date(facts.modifiedMs);
    this.ctime = new Date(facts.modifiedMs);
    this.birthtime = new Date(facts.createdMs);
  }
}

/** With `{ bigint: true }`. */
export class BigIntStats extends Kinds {
  readonly mode: bigint;
  constructor(facts: Facts) {
    super();
    this.mode = 0n;
    for (const [name, value] of Object.entries(new Stats(facts))) {
      const whole = typeof value === "number" ? BigInt(Math.trunc(value)) : value;
      Object.assign(this, { [name]: whole });
      if (name.endsWith("Ms")) Object.assign(this, { [name.replace("Ms", "Ns")]: (whole as bigint) * 1_000_000n });
    }
  }
}

function modeOf({ kind, mode, isExecutable }: Facts): number {
  const granted = mode ?? (kind === "folder" || kind === "link" || isExecutable ? 0o555 : 0o444);
  return TYPES[kind] | granted;
}

/** One entry of a folder. */
export class Dirent extends Kinds {
  readonly name: string;
  readonly parentPath: string;
  readonly path: string;
  readonly #mode: number;

  constructor(name: string, parentPath: string, kind: FileFacts["kind"]) {
    super();
    this.name = name;
    this.parentPath = parentPath;
    this.path = parentPath;
    this.#mode = TYPES[kind];
  }

  get mode(): number {
    return this.#mode;
  }
}
