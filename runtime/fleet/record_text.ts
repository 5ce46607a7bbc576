/** Records as engines keep them: JSON in UTF-8, no longer than allowed. */
import { NanoError } from "../errors.ts";
import { type FleetRecord, MAX_RECORD_BYTES, type NewRecord } from "./fleet_store.ts";

const MAX_KEY_LENGTH = 200;
const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true });

/** @throws {NanoError} USAGE when the key or the record is too long */
export function encodeRecord({ key, id, format, value }: NewRecord): Uint8Array {
  if (key === "" || key.length > MAX_KEY_LENGTH) {
    throw new NanoError("USAGE", `Cannot write record "${key}": a key has 1 to ${MAX_KEY_LENGTH} characters`);
  }
  const bytes = encoder.encode(JSON.stringify({ key, id, format, value }));
  if (bytes.length > MAX_RECORD_BYTES) {
    throw new NanoError(
      "USAGE",
      `Cannot write record "${key}": it has ${bytes.length} bytes, ${MAX_RECORD_BYTES} are allowed`,
    );
  }
  return bytes;
}

/** @throws {Error} when it is none */
export function decodeRecord(bytes: Uint8Array, revision: number): FleetRecord {
  const record = JSON.parse(decoder.decode(bytes)) as Partial<NewRecord> | null;
  if (typeof record?.key !== "string" || typeof record.id !== "string" || typeof record.format !== "number") {
    throw new Error(`the entry of revision ${revision} is no record of NANO`);
  }
  return { key: record.key, revision, id: record.id, format: record.format, value: record.value ?? null };
}
