/** What `env.ASSETS.fetch` does: answers from the app's own static files. */
import type { AssetAnswer, AssetFolder } from "../../http/assets.ts";
import { AssetStream } from "../../http/asset_stream.ts";
import {
  type BindingCall,
  BindingError,
  type BindingHost,
  type CallAnswer,
  type FetchedValues,
} from "../../protocol/binding_call.ts";
import { joinHeaders, splitHeaders } from "../../protocol/header_block.ts";

/** Only the app's own folder is within its reach, whatever the URL says. */
export class AssetsHost implements BindingHost {
  readonly methods = ["fetch"];
  readonly #folder: AssetFolder;
  readonly #streams = new Set<AssetStream>();

  constructor(folder: AssetFolder) {
    this.#folder = folder;
  }

  /** Answers `fetch`, and no other method. */
  async call({ method: name, args, body }: BindingCall): Promise<CallAnswer> {
    const [method, url, headers] = args;
    if (name !== "fetch" || typeof method !== "string" || typeof url !== "string" || typeof headers !== "string") {
      throw new BindingError(`Cannot call "${name}" of the app's assets: they have "fetch" only`, {
        name: "TypeError",
      });
    }
    if (body instanceof ReadableStream) await body.cancel();
    if (method !== "GET" && method !== "HEAD") return answered(405, [["allow", "GET, HEAD"]], null);
    const sent = splitHeaders(headers);
    const header = (wanted: string) => sent.find(([name]) => name.toLowerCase() === wanted)?.[1] ?? null;
    const asked = { method, url, header } as const;
    const answer = await this.#folder.answer(asked) ?? await this.#folder.missing(asked);
    return answer === null
      ? answered(404, [], null)
      : answered(answer.status, answer.headers, this.#bodyOf(answer.body));
  }

  /** Closes every file. */
  [Symbol.dispose](): void {
    for (const stream of [...this.#streams]) stream.cut("The app has ended", "isolate_ended");
  }

  #bodyOf(body: AssetAnswer["body"]): CallAnswer["body"] {
    if (body === null) return null;
    if (!(body instanceof AssetStream)) return new Blob([body as Uint8Array<ArrayBuffer>]).stream();
    this.#streams.add(body);
    return body.readable(() => this.#streams.delete(body));
  }
}

function answered(
  status: number,
  headers: Parameters<typeof joinHeaders>[0],
  body: CallAnswer["body"],
): CallAnswer {
  const values: FetchedValues = [status, joinHeaders(headers)];
  return { values, body };
}
