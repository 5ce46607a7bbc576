/** Reads which modules a WebAssembly module imports and what it exports, without compiling it. */

/** What stands in the import and export sections. */
export interface WasmInterface {
  /** Module names, each once. */
  readonly imports: readonly string[];
  readonly exports: readonly string[];
}

const IMPORT_SECTION = 2;
const EXPORT_SECTION = 7;

/**
 * Reads the interface (https://webassembly.github.io/spec/core/binary/modules.html).
 *
 * The host must not compile what an app brings: compiling takes long, and it is the app's isolate that has limits.
 *
 * @throws {TypeError} When the bytes are no WebAssembly module.
 */
export function wasmInterface(bytes: Uint8Array): WasmInterface {
  const reader = new Reader(bytes);
  // "\0asm" and version 1.
  if (reader.text(4) !== "\0asm" || reader.text(4) !== "\x01\0\0\0") throw new TypeError("it is no WebAssembly module");
  const imports = new Set<string>();
  const exports: string[] = [];
  while (!reader.isAtEnd) {
    const id = reader.byte();
    const end = reader.number() + reader.at;
    if (id === IMPORT_SECTION) {
      for (let left = reader.number(); left > 0; left--) {
        imports.add(reader.name());
        reader.name();
        skipImportType(reader);
      }
    } else if (id === EXPORT_SECTION) {
      for (let left = reader.number(); left > 0; left--) {
        exports.push(reader.name());
        reader.byte();
        reader.number();
      }
    }
    reader.at = end;
  }
  return { imports: [...imports], exports };
}

function skipImportType(reader: Reader): void {
  const kind = reader.byte();
  if (kind === 0) reader.number();
  else if (kind === 1) {
    skipValueType(reader);
    skipLimits(reader);
  } else if (kind === 2) skipLimits(reader);
  else if (kind === 3) {
    skipValueType(reader);
    reader.byte();
  } else if (kind === 4) {
    reader.byte();
    reader.number();
  } else throw new TypeError("it imports something unknown");
}

function skipLimits(reader: Reader): void {
  const hasMaximum = (reader.byte() & 1) === 1;
  reader.number();
  if (hasMaximum) reader.number();
}

function skipValueType(reader: Reader): void {
  const type = reader.byte();
  // (ref null? heaptype); all others are one byte.
  if (type === 0x63 || type === 0x64) reader.number();
}

class Reader {
  at = 0;
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.at >= this.#bytes.length;
  }

  byte(): number {
    const byte = this.#bytes[this.at++];
    if (byte === undefined) throw new TypeError("it ends too early");
    return byte;
  }

  /** LEB128; the value matters only where it is a count or a length. */
  number(): number {
    let value = 0;
    for (let factor = 1;; factor *= 128) {
      const byte = this.byte();
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
  }

  text(length: number): string {
    const bytes = this.#bytes.subarray(this.at, this.at + length);
    if (bytes.length < length) throw new TypeError("it ends too early");
    this.at += length;
    return new TextDecoder().decode(bytes);
  }

  name(): string {
    return this.text(this.number());
  }
}
