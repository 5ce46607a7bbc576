/** Builds tar.gz archives in which everything may be a lie. */
import { Buffer } from "node:buffer";
import { gzipSync } from "node:zlib";

/** One entry; what is not given is right. */
export interface RawTarEntry {
  readonly name: string;
  readonly content?: string | Uint8Array;
  /** tar's type flag: `0` a file, `1` a hard link, `2` a symbolic link, `5` a folder, `x` a pax header … */
  readonly type?: string;
  readonly link?: string;
  readonly declaredBytes?: number;
}

/** A tar.gz archive; `end: false` leaves out the blocks of zeros that close it. */
export function rawTarGz(entries: readonly RawTarEntry[], options: { end?: boolean } = {}): Uint8Array<ArrayBuffer> {
  const end = options.end === false ? [] : [Buffer.alloc(1024)];
  return new Uint8Array(gzipSync(Buffer.concat([...entries.map(rawTarEntry), ...end])));
}

/** Header, content and padding of one entry. */
export function rawTarEntry(entry: RawTarEntry): Uint8Array {
  const content = Buffer.from(entry.content ?? "");
  const header = Buffer.alloc(512);
  header.write(entry.name, 0, 100);
  header.write("0000644 ", 100);
  header.write((entry.declaredBytes ?? content.length).toString(8).padStart(11, "0") + " ", 124);
  header.write("00000000000 ", 136);
  header.write("        ", 148);
  header.write(entry.type ?? "0", 156);
  header.write(entry.link ?? "", 157, 100);
  header.write("ustar\u000000", 257);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(sum.toString(8).padStart(6, "0") + "\u0000 ", 148);
  return Buffer.concat([header, content, Buffer.alloc((512 - content.length % 512) % 512)]);
}

/** A pax header with these records for the entry that follows. */
export function rawPaxHeader(records: Readonly<Record<string, string>>): RawTarEntry {
  const lines = Object.entries(records).map(([key, value]) => {
    const rest = Buffer.byteLength(` ${key}=${value}\n`);
    let length = rest + String(rest).length;
    if (rest + String(length).length !== length) length = rest + String(length).length;
    return `${length} ${key}=${value}\n`;
  });
  return { name: "pax", type: "x", content: lines.join("") };
}
