/** fetch of `file:` URLs, as Deno has it: of files that the app may read, by GET. */
import { bare } from "../../protocol/bare.ts";
import type { HeaderList } from "../../protocol/header_block.ts";
import {
  bytesLength,
  NativeTypeError,
  requestMethod,
  requestUrl,
  signalAborted,
  signalOf,
  signalReason,
  stringSlice,
} from "../../protocol/primordials.ts";
import { blobStream } from "../bodies/blob_stream.ts";
import { fetchedResponse } from "./fetched_response.ts";

/** Reads a file whole, by its URL. */
export type ReadFile = (url: string) => Promise<Uint8Array<ArrayBuffer>>;

/** WebAssembly is compiled from an answer only if it says that it is that. */
const WASM: HeaderList = [["content-type", "application/wasm"]];

/** Answers with the bytes of a file. @throws {TypeError} where there is none */
export async function fetchFile(request: Request, readFile: ReadFile): Promise<Response> {
  const signal = signalOf(request);
  if (signalAborted(signal)) throw signalReason(signal);
  const url = requestUrl(request);
  if (requestMethod(request) !== "GET") {
    throw new NativeTypeError(`Cannot fetch "${url}": a file is there for GET only`);
  }
  let bytes: Uint8Array<ArrayBuffer>;
  try {
    bytes = await readFile(url);
  } catch (cause) {
    const reason = (cause as Error | undefined)?.message;
    throw new NativeTypeError(`Cannot fetch "${url}": ${reason}`, bare({ cause }));
  }
  if (signalAborted(signal)) throw signalReason(signal);
  const headers: HeaderList = isWasm(url) ? WASM : [];
  const body = blobStream(bytesLength(bytes) === 0 ? [] : [bytes]);
  return fetchedResponse({ status: 200, statusText: "OK", headers, body, url, redirected: false });
}

function isWasm(url: string): boolean {
  return stringSlice(url, url.length - 5) === ".wasm";
}
