/** Builds zip archives in which everything may be a lie. */
import { Buffer } from "node:buffer";
import { crc32, deflateRawSync } from "node:zlib";

/** One entry; what is not given is right. */
export interface RawZipEntry {
  readonly name: string;
  readonly content?: string | Uint8Array;
  /** Already compressed by deflate; `declaredBytes` and `crc` tell of what. */
  readonly deflated?: Uint8Array;
  /** 0 stored, 8 deflated. */
  readonly method?: number;
  readonly flags?: number;
  /** st_mode, as 0o120777 for a symbolic link. */
  readonly mode?: number;
  readonly declaredBytes?: number;
  readonly crc?: number;
  /** Extra field of the central directory. */
  readonly extra?: Uint8Array;
}

/** What the end of the archive says; what is not given is right. */
export interface RawZipEnd {
  readonly entryCount?: number;
  readonly directoryOffset?: number;
  /** Writes a zip64 end record with these values, and 0xffff… in the old one. */
  readonly zip64?: { readonly entryCount: bigint; readonly directoryOffset: bigint; readonly recordOffset?: bigint };
}

/** A zip archive. */
export function rawZip(entries: readonly RawZipEntry[], end: RawZipEnd = {}): Uint8Array<ArrayBuffer> {
  const parts: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let offset = 0;
  for (const entry of entries) {
    const content = Buffer.from(entry.content ?? "");
    const method = entry.method ?? 8;
    const data = entry.deflated ?? (method === 8 ? deflateRawSync(content) : content);
    const name = Buffer.from(entry.name);
    const extra = entry.extra ?? new Uint8Array(0);
    const sizes = [entry.crc ?? crc32(content), data.length, entry.declaredBytes ?? content.length];
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    fill(local.subarray(4), { flags: entry.flags ?? 0x800, method, sizes });
    local.writeUInt16LE(name.length, 26);
    const central = Buffer.alloc(46);
    central.writeUInt32LE(0x02014b50, 0);
    central.writeUInt16LE(0x031e, 4);
    fill(central.subarray(6), { flags: entry.flags ?? 0x800, method, sizes });
    central.writeUInt16LE(name.length, 28);
    central.writeUInt16LE(extra.length, 30);
    central.writeUInt32LE(((entry.mode ?? 0o100644) << 16) >>> 0, 38);
    central.writeUInt32LE(offset, 42);
    parts.push(local, name, data);
    directory.push(central, name, extra);
    offset += local.length + name.length + data.length;
  }
  const size = directory.reduce((sum, part) => sum + part.length, 0);
  const count = end.entryCount ?? entries.length;
  const tail = end.zip64 ? zip64End(offset + size, end.zip64) : Buffer.alloc(0);
  const eocd = Buffer.alloc(22);
  eocd.writeUInt32LE(0x06054b50, 0);
  eocd.writeUInt16LE(end.zip64 ? 0xffff : count, 8);
  eocd.writeUInt16LE(end.zip64 ? 0xffff : count, 10);
  eocd.writeUInt32LE(size, 12);
  eocd.writeUInt32LE(end.zip64 ? 0xffffffff : end.directoryOffset ?? offset, 16);
  return new Uint8Array(Buffer.concat([...parts, ...directory, tail, eocd]));
}

function fill(
  header: Buffer,
  { flags, method, sizes }: { readonly flags: number; readonly method: number; readonly sizes: readonly number[] },
): void {
  header.writeUInt16LE(20, 0);
  header.writeUInt16LE(flags, 2);
  header.writeUInt16LE(method, 4);
  for (const [index, value] of sizes.entries()) header.writeUInt32LE(value, 10 + 4 * index);
}

function zip64End(offset: number, zip64: NonNullable<RawZipEnd["zip64"]>): Buffer {
  const record = Buffer.alloc(56);
  record.writeUInt32LE(0x06064b50, 0);
  record.writeBigUInt64LE(44n, 4);
  record.writeBigUInt64LE(zip64.entryCount, 24);
  record.writeBigUInt64LE(zip64.entryCount, 32);
  record.writeBigUInt64LE(zip64.directoryOffset, 48);
  const locator = Buffer.alloc(20);
  locator.writeUInt32LE(0x07064b50, 0);
  locator.writeBigUInt64LE(zip64.recordOffset ?? BigInt(offset), 8);
  locator.writeUInt32LE(1, 16);
  return Buffer.concat([record, locator]);
}
