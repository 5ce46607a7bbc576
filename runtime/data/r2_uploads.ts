/** The uploads of one bucket that come in parts, until each has become an object. */
import type { Plain } from "../protocol/binding_call.ts";
import type { BlobFolder } from "./r2_blobs.ts";
import { r2Error } from "./r2_error.ts";
import type { PartFacts, UploadFacts } from "./r2_facts.ts";
import type { BucketTools, R2Objects } from "./r2_objects.ts";
import { chosenParts, multipartEtag, type SentPart, UPLOAD_MS } from "./r2_parts.ts";
import type { PartRow, R2Statements, UploadRow } from "./r2_tables.ts";

/** Uploads that one new one takes along. */
const SWEPT_AT_ONCE = 2;

const encoder = new TextEncoder();

/** All uploads; writes happen within a transaction of their owner. */
export class R2Uploads {
  readonly #objects: R2Objects;
  readonly #run: R2Statements;
  readonly #blobs: BlobFolder;
  readonly #now: () => number;

  constructor(objects: R2Objects, { statements, blobs, now }: BucketTools) {
    this.#objects = objects;
    this.#run = statements;
    this.#blobs = blobs;
    this.#now = now;
  }

  /** Its row is kept like an object, however many parts come. @returns the id of a new one */
  create(name: string, { storageClass, http, custom, maxBytes }: UploadFacts): readonly Plain[] {
    const now = this.#now();
    for (const { id } of this.#run.oldUploads.all(now - UPLOAD_MS, SWEPT_AT_ONCE)) {
      this.#dropParts(id as string);
      this.#run.removeUpload.run(id as string);
    }
    this.#objects.requireRoom("createMultipartUpload", 0, maxBytes);
    const id = crypto.getRandomValues(new Uint8Array(64)).toHex();
    this.#run.addUpload.run(id, encoder.encode(name), now, storageClass, http, custom);
    return [id];
  }

  #upload(name: string, id: string): UploadRow | undefined {
    return this.#run.upload.get(id, encoder.encode(name)) as unknown as UploadRow | undefined;
  }

  /** @returns bytes of the bucket */
  putPart(name: string, { upload, number, written, etag, maxBytes }: PartFacts): readonly Plain[] {
    const found = this.#upload(name, upload);
    if (found === undefined || found.is_over !== 0) throw r2Error("uploadPart", "noSuchUpload");
    this.#objects.requireRoom("uploadPart", written.size, maxBytes);
    this.#objects.addRef(written.hash, written.size);
    const before = this.#run.part.get(upload, number);
    if (before !== undefined) this.#objects.takeRef(before["hash"] as string);
    this.#run.putPart.run(upload, number, written.size, etag, written.hash);
    this.#blobs.adopt(written.name, written.hash);
    return [this.#objects.bytes];
  }

  /**
   * The pieces of the object are the parts themselves.
   * @returns the entry; bytes of the bucket
   */
  complete(name: string, upload: string, sent: readonly SentPart[]): readonly Plain[] {
    const found = this.#upload(name, upload);
    if (found === undefined) throw r2Error("completeMultipartUpload", "internal");
    if (found.is_over !== 0) throw r2Error("completeMultipartUpload", "noSuchUpload");
    const parts = chosenParts(sent, this.#run.parts.all(upload) as unknown as readonly PartRow[]);
    for (const { hash, size } of parts) this.#objects.addRef(hash, size);
    const entry = this.#objects.replace(encoder.encode(name), {
      etag: multipartEtag(parts),
      checksums: "{}",
      size: parts.reduce((sum, { size }) => sum + size, 0),
      pieces: parts,
      storageClass: found.storage_class,
      http: found.http,
      custom: found.custom,
    });
    this.#dropParts(upload);
    this.#run.endUpload.run(upload);
    return [entry, this.#objects.bytes];
  }

  /** @returns bytes of the bucket */
  abort(name: string, upload: string): readonly Plain[] {
    const found = this.#upload(name, upload);
    if (found === undefined) throw r2Error("abortMultipartUpload", "internal");
    this.#dropParts(upload);
    this.#run.endUpload.run(upload);
    return [this.#objects.bytes];
  }

  #dropParts(upload: string): void {
    for (const { hash } of this.#run.removeParts.all(upload)) this.#objects.takeRef(hash as string);
  }
}
