/** An app's way out that also leads to its own static files: `env.ASSETS.fetch`. */
import type { HostSocket } from "../app_call.ts";
import type { OutboundDoor, OutgoingRequest, OutgoingResponse } from "../wall/outbound_bridge.ts";
import type { AssetAnswer, AssetFolder } from "../http/assets.ts";
import { AssetStream } from "../http/asset_stream.ts";

/** Only the app's own folder is within its reach, whatever the URL says. */
export class DoorWithAssets implements OutboundDoor {
  readonly #door: OutboundDoor;
  readonly #folder: AssetFolder;
  readonly #streams = new Set<AssetStream>();

  constructor(door: OutboundDoor, folder: AssetFolder) {
    this.#door = door;
    this.#folder = folder;
  }

  /** @throws {TypeError} as fetch does */
  fetch(request: OutgoingRequest): Promise<OutgoingResponse> {
    return this.#door.fetch(request);
  }

  /** @throws {TypeError} when the policy or the URL forbids it */
  connect(url: string, protocols: readonly string[], options: { readonly trace: string | null }): HostSocket {
    return this.#door.connect(url, protocols, options);
  }

  /** Answers from the app's own files. */
  async fetchAsset(request: OutgoingRequest): Promise<OutgoingResponse> {
    const { method, url } = request;
    if (request.body instanceof ReadableStream) await request.body.cancel();
    if (method !== "GET" && method !== "HEAD") return response(url, 405, [["allow", "GET, HEAD"]], null);
    const header = (wanted: string) => request.headers.find(([name]) => name.toLowerCase() === wanted)?.[1] ?? null;
    const asked = { method, url, header } as const;
    const answer = await this.#folder.answer(asked) ?? await this.#folder.missing(asked);
    if (answer === null) return response(url, 404, [], null);
    return response(url, answer.status, answer.headers, this.#readable(answer.body));
  }

  /** Ends every connection, and closes every file. */
  [Symbol.dispose](): void {
    for (const stream of [...this.#streams]) stream.cut("The app has ended", "isolate_ended");
    this.#door[Symbol.dispose]();
  }

  #readable(body: AssetAnswer["body"]): ReadableStream<Uint8Array> | null {
    if (body === null) return null;
    if (!(body instanceof AssetStream)) return new Blob([body as Uint8Array<ArrayBuffer>]).stream();
    this.#streams.add(body);
    return body.readable(() => this.#streams.delete(body));
  }
}

function response(
  url: string,
  status: number,
  headers: OutgoingResponse["headers"],
  body: OutgoingResponse["body"],
): OutgoingResponse {
  return { status, statusText: "", url, redirected: false, headers, body };
}
