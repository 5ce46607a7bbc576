/**
 * A process to be killed: puts objects, replaces and deletes them, uploads parts, again and again, into a bucket below
 * the folder of its argument, and prints what holds once it is acknowledged.
 */
import { DataThread } from "../../runtime/data/data_thread.ts";
import { R2Engine } from "../../runtime/data/r2_engine.ts";

const PART_BYTES = 5 * 1024 * 1024;
const KEYS = 40;
const METADATA = { http: "{}", custom: "{}", storageClass: "Standard" };

function tell(key: string, size: number | null): void {
  const bytes = new TextEncoder().encode(`${key} ${size}\n`);
  let told = 0;
  while (told < bytes.length) told += Deno.stdout.writeSync(bytes.subarray(told));
}

if (import.meta.main) {
  const [folder, seed] = Deno.args;
  const buckets = new R2Engine(folder!, new DataThread(folder!));
  const store = buckets.store("a");
  const { signal } = new AbortController();
  const taken = (size: number) => ({ size, maxBytes: 1e12, signal });
  const worker = async (own: number) => {
    for (let at = Number(seed) + own;; at += 7) {
      const key = `${own}/${at % KEYS}`;
      // What may be there or not when this is cut short.
      tell(`?${key}`, null);
      if (at % 5 === 0) await store.delete([key]);
      else if (at % 11 === 1) {
        const upload = await store.createUpload(key, { ...METADATA, maxBytes: 1e12 });
        const parts = [];
        for (const [number, size] of [[1, PART_BYTES], [2, at % 1000]] as const) {
          const body = new Uint8Array(size).fill(at % 251);
          const { etag } = await store.uploadPart(key, { upload, number }, body, taken(size));
          parts.push({ partNumber: number, etag });
        }
        await store.completeUpload(key, upload, parts);
      } else {
        const size = (at * 7919) % 600_000;
        const options = { ...taken(size), ...METADATA, condition: null, checksums: new Map() };
        await store.put(key, new Uint8Array(size).fill(at % 251), options);
      }
      const kept = await store.get(key, { condition: null, range: null, signal });
      if (kept?.content?.body instanceof ReadableStream) await kept.content.body.cancel();
      tell(key, kept === null ? null : kept.content!.length);
    }
  };
  await Promise.all([0, 1, 2].map(worker));
}
