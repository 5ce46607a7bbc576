/** What `localStorage` of one app holds, as its isolates load and change it. */
import { nameWithoutVersion } from "../config/binding_configs.ts";
import type { AppConfig } from "../config/resolved_config.ts";
import type { DataThread } from "../data/data_thread.ts";
import { BindingError } from "../protocol/binding_call.ts";
import { ANSWER_BYTES } from "../protocol/host_calls.ts";
import { HostCallError } from "../wall/host_calls_bridge.ts";

/**
 * Of the file: 5 Mi characters, which is what an isolate takes, have three times as many bytes in UTF-8, and escapes
 * may take more.
 */
const MAX_BYTES = 32 * 1024 * 1024;
/** The same as one text. */
const MAX_CHANGE_CHARS = 32 * 1024 * 1024;
const ITEMS_AT_ONCE = 1000;

const encoder = new TextEncoder();

/** Of one isolate; those of one app share what is kept. Keys and values are JSON, as they may be no Unicode. */
export class AppStorage {
  readonly #store: string;
  readonly #maxBytes: number;
  readonly #data: DataThread;
  readonly #onFailure: (operation: "load" | "change", error: unknown) => void;
  /** All items, while an isolate loads them. */
  #loaded: Uint8Array<ArrayBuffer> = new Uint8Array();
  #change = "";

  /** @param onFailure hears what the app is told as EIO alone */
  constructor(
    { name, storageMb }: Pick<AppConfig, "name" | "storageMb">,
    data: DataThread,
    onFailure: (operation: "load" | "change", error: unknown) => void,
  ) {
    this.#onFailure = onFailure;
    this.#store = `storage/${nameWithoutVersion(name)}`;
    this.#maxBytes = Math.min(MAX_BYTES, storageMb * 1024 * 1024);
    this.#data = data;
  }

  /** Bytes from there on of JSON of a list of keys and values; none at its end. */
  async load(at: number): Promise<Uint8Array<ArrayBuffer>> {
    if (at === 0) this.#loaded = encoder.encode(JSON.stringify(await this.#telling("load", this.#items())));
    const part = this.#loaded.slice(at, at + ANSWER_BYTES);
    if (at + part.byteLength >= this.#loaded.byteLength) this.#loaded = new Uint8Array();
    return part;
  }

  /**
   * Takes a part of a change: `[key, value]` sets, `[key]` removes, `[]` removes all.
   * @throws {HostCallError} ENOSPC when there is no room
   */
  async change(part: string, isLast: boolean): Promise<null> {
    if (this.#change.length + part.length > MAX_CHANGE_CHARS) throw new HostCallError("ENOSPC");
    this.#change += part;
    if (!isLast) return null;
    const text = this.#change;
    this.#change = "";
    await this.#telling("change", this.#apply(changeOf(text)));
    return null;
  }

  async #apply([key, value]: readonly string[]): Promise<void> {
    if (key === undefined) {
      const keys = (await this.#items()).map(([one]) => one);
      await Promise.all(keys.map((one) => this.#data.run(this.#store, "delete", [JSON.stringify(one)])));
    } else if (value === undefined) await this.#data.run(this.#store, "delete", [JSON.stringify(key)]);
    else await this.#put(JSON.stringify(key), JSON.stringify(value));
  }

  async #telling<Result>(operation: "load" | "change", work: Promise<Result>): Promise<Result> {
    try {
      return await work;
    } catch (error) {
      if (!(error instanceof HostCallError)) this.#onFailure(operation, error);
      throw error;
    }
  }

  async #put(key: string, value: string): Promise<void> {
    try {
      // Beside the key, where a list of keys has it.
      await this.#data.run(this.#store, "put", [key, new Uint8Array(), null, value, this.#maxBytes]);
    } catch (error) {
      throw error instanceof BindingError && error.code === "STORAGE_FULL" ? new HostCallError("ENOSPC") : error;
    }
  }

  async #items(): Promise<readonly (readonly [key: string, value: string])[]> {
    const items: [string, string][] = [];
    for (let cursor: string | null = null;;) {
      const [json, next] = await this.#data.run(this.#store, "list", ["", cursor, ITEMS_AT_ONCE]) as [
        string,
        string | null,
      ];
      const page = JSON.parse(json) as readonly { readonly name: string; readonly metadata: string }[];
      for (const { name, metadata } of page) items.push([JSON.parse(name), JSON.parse(metadata)]);
      if (next === null) return items;
      cursor = next;
    }
  }
}

/** What comes here may be forged. */
function changeOf(text: string): readonly string[] {
  let change: unknown;
  try {
    change = JSON.parse(text);
  } catch {
    throw new HostCallError("EINVAL");
  }
  const isOne = Array.isArray(change) && change.length <= 2 && change.every((one) => typeof one === "string");
  if (!isOne) throw new HostCallError("EINVAL");
  return change as readonly string[];
}
