/** `Deno.KvListIterator`: asks the host for a page of entries when it has none left. */
import { behindCursor, behindKey, cursorOf, type KeyRange, keyRangeOf, type Selector } from "./selector.ts";
import type { KvRecord, PackedEntry } from "./values.ts";

/** As Deno.Kv takes them. */
export interface KvListOptions {
  readonly limit?: number;
  readonly cursor?: string;
  readonly reverse?: boolean;
  readonly consistency?: string;
  readonly batchSize?: number;
}

/** What it lists with. */
export interface ListTools {
  readonly selector: Selector;
  readonly options: KvListOptions;
  /** @returns entries, and whether there is nothing after them */
  readonly page: (
    range: { readonly first: Uint8Array; readonly end: Uint8Array; readonly limit: number; readonly reverse: boolean },
  ) => Promise<{ readonly entries: PackedEntry[]; readonly isLast: boolean }>;
}

const DEFAULT_BATCH = 100;
/** Where only a limit says how many are wanted. */
const MAX_DEFAULT_BATCH = 500;
const AsyncIteratorPrototype: object = Object.getPrototypeOf(
  Object.getPrototypeOf(Object.getPrototypeOf(async function* () {}())),
);

/** Named as in Deno. */
export class KvListIterator {
  readonly #tools: ListTools;
  readonly #batchSize: number;
  /** What was not asked for yet; null before the first page. */
  #rest: KeyRange | null = null;
  #entries: PackedEntry[] = [];
  #isLast = false;
  #count = 0;
  #cursor: (() => string) | null = null;

  constructor(tools: ListTools) {
    this.#tools = tools;
    const { limit, batchSize } = tools.options;
    if (limit !== undefined && !isWhole(limit)) throw new Error(`Limit must be a positive integer: received ${limit}`);
    if (batchSize !== undefined && !isWhole(batchSize)) {
      throw new Error(`batchSize must be a positive integer: received ${batchSize}`);
    }
    this.#batchSize = batchSize ?? Math.min(limit ?? DEFAULT_BATCH, MAX_DEFAULT_BATCH);
  }

  /** Where another list goes on behind the last entry; "" at the end. */
  get cursor(): string {
    if (this.#cursor === null) throw new Error("Cannot get cursor before first iteration");
    return this.#cursor();
  }

  async next(): Promise<IteratorResult<KvRecord, undefined>> {
    const { options: { limit, reverse = false } } = this.#tools;
    if (limit !== undefined && this.#count >= limit) return { done: true, value: undefined };
    if (this.#entries.length === 0 && !this.#isLast) await this.#pull(reverse);
    const found = this.#entries.shift();
    if (found === undefined) {
      this.#cursor = () => "";
      return { done: true, value: undefined };
    }
    this.#count++;
    this.#cursor = () => cursorOf(keyRangeOf(this.#tools.selector), found.key);
    return { done: false, value: found.entry };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async #pull(reverse: boolean): Promise<void> {
    const { selector, options: { cursor, consistency }, page } = this.#tools;
    checkConsistency(consistency);
    if (this.#rest === null) {
      const whole = keyRangeOf(selector);
      this.#rest = cursor === undefined || cursor === "" ? whole : behindCursor(whole, cursor, reverse);
    }
    const { first, end } = this.#rest;
    const { entries, isLast } = await page({ first, end, limit: this.#batchSize, reverse });
    this.#entries = entries;
    this.#isLast = isLast;
    const last = entries.at(-1);
    if (last === undefined) this.#isLast = true;
    else this.#rest = behindKey(this.#rest, last.key, reverse);
  }
}

Object.setPrototypeOf(KvListIterator.prototype, AsyncIteratorPrototype);

/** @throws {TypeError} for what is none; here there is one copy, which is always the newest */
export function checkConsistency(consistency: unknown): void {
  if (consistency === undefined || consistency === "strong" || consistency === "eventual") return;
  throw new TypeError(`unknown variant \`${consistency}\`, expected \`strong\` or \`eventual\``);
}

function isWhole(value: unknown): boolean {
  return Number.isInteger(value) && (value as number) > 0;
}
