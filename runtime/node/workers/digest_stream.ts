/** `crypto.DigestStream` and MD5 in `crypto.subtle.digest`, as Workers have them. */

/** The part of `node:crypto` that this needs. */
export interface Hashes {
  createHash(algorithm: string): { update(bytes: Uint8Array): unknown; digest(): Uint8Array };
}

/** Their names at Node, by those of WebCrypto. */
const ALGORITHMS: Readonly<Record<string, string>> = {
  MD5: "md5",
  "SHA-1": "sha1",
  "SHA-256": "sha256",
  "SHA-384": "sha384",
  "SHA-512": "sha512",
};

const encoder = new TextEncoder();

function nameOf(algorithm: unknown): string {
  const name = typeof algorithm === "object" && algorithm !== null ? (algorithm as { name?: unknown }).name : algorithm;
  return String(name).toUpperCase();
}

function bytesOf(data: unknown): Uint8Array | null {
  if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return data instanceof ArrayBuffer ? new Uint8Array(data) : null;
}

/** A buffer of its own. */
function bufferOf(bytes: Uint8Array): ArrayBuffer {
  return new Uint8Array(bytes).buffer;
}

/** Makes the class. @param hashes loaded with the first stream */
export function digestStream(hashes: () => Hashes): unknown {
  return class DigestStream extends WritableStream<unknown> {
    /** Resolves with the digest once the stream was closed. */
    readonly digest: Promise<ArrayBuffer>;
    readonly #written: { bytes: bigint };

    constructor(algorithm: unknown) {
      const name = ALGORITHMS[nameOf(algorithm)];
      if (name === undefined) throw new DOMException("Unrecognized name.", "NotSupportedError");
      const hash = hashes().createHash(name);
      const written = { bytes: 0n };
      const { promise, resolve, reject } = Promise.withResolvers<ArrayBuffer>();
      // Who never looks at it has no rejection to handle.
      promise.catch(() => {});
      super({
        write(chunk) {
          const bytes = typeof chunk === "string" ? encoder.encode(chunk) : bytesOf(chunk);
          if (bytes === null) {
            const error = new TypeError(
              "DigestStream is a byte stream but received an object of non-ArrayBuffer/ArrayBufferView/string type on its writable side.",
            );
            reject(error);
            throw error;
          }
          hash.update(bytes);
          written.bytes += BigInt(bytes.byteLength);
        },
        close: () => resolve(bufferOf(hash.digest())),
        abort: (reason) => reject(reason),
      });
      this.digest = promise;
      this.#written = written;
    }

    get bytesWritten(): bigint {
      return this.#written.bytes;
    }
  };
}

/** Adds MD5 to the digests. */
export function allowMd5(hashes: () => Hashes): void {
  const { prototype } = SubtleCrypto;
  const native = prototype.digest;
  const { digest } = {
    digest(this: SubtleCrypto, algorithm: AlgorithmIdentifier, data: BufferSource): Promise<ArrayBuffer> {
      const bytes = nameOf(algorithm) === "MD5" ? bytesOf(data) : null;
      if (bytes === null) return native.call(this, algorithm, data);
      const hash = hashes().createHash("md5");
      hash.update(bytes);
      return Promise.resolve(bufferOf(hash.digest()));
    },
  };
  Object.defineProperty(prototype, "digest", { value: digest, writable: true, enumerable: true, configurable: true });
}
