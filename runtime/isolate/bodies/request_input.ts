/**
 * What a Request is made of, with its URL parsed already.
 *
 * Deno parses each URL against the isolate's own, which is a data: URL of all of its code: that took 1 to 10 ms a Request
 * (100 times as long as the rest of it), though a URL that is whole needs no base.
 */
import { type InnerRequest, innerSlots } from "../../protocol/inner_slots.ts";
import { apply, getMember, NativeURL, stringIndexOf, urlHref, urlProtocol } from "../../protocol/primordials.ts";
import type { HeaderList } from "../../protocol/header_block.ts";

const { parse: parseUrl } = URL;
const { toString: urlToString } = URL.prototype;

/** The same for the constructor of Request; what is no whole URL of the web, or an object, as it was given. */
export function requestInput(input: unknown): unknown {
  // A name or password in a URL is the constructor's to judge.
  const text = textOf(input);
  if (innerSlots === null || text === null || stringIndexOf(text, "@") !== -1) return input;
  const url = apply(parseUrl, NativeURL, [text]) as URL | null;
  if (url === null) return input;
  const protocol = urlProtocol(url);
  if (protocol !== "http:" && protocol !== "https:") return input;
  return innerSlots.makeRequest(new PlainInnerRequest(urlHref(url)));
}

/** A text, or that of a URL which the app has not taught another; null for what the constructor has to look at. */
function textOf(input: unknown): string | null {
  if (typeof input === "string") return input;
  if (typeof input !== "object" || input === null || getMember(input, "toString") !== urlToString) return null;
  try {
    return urlHref(input as URL);
  } catch {
    return null;
  }
}

/** Fits what Deno's Request expects of the inner object of another; names are Deno's. */
class PlainInnerRequest implements InnerRequest {
  readonly method = "GET";
  readonly redirectMode = "follow";
  readonly redirectCount = 0;
  readonly clientRid = null;
  readonly blobUrlEntry = null;
  readonly headerList: HeaderList = [];
  readonly body = null;
  readonly #url: string;

  constructor(url: string) {
    this.#url = url;
  }

  url(): string {
    return this.#url;
  }

  currentUrl(): string {
    return this.#url;
  }

  get urlList(): (() => string)[] {
    return [() => this.#url];
  }

  get urlListProcessed(): string[] {
    return [this.#url];
  }

  /** Nobody ever goes away. */
  onCancel(): void {}
}
