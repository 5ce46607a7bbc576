/** Answers requests from a folder of static files. */
import { NanoError } from "../errors.ts";
import type { HeaderList } from "../protocol/header_block.ts";
import { assetBody } from "./asset_body.ts";
import { type AssetFile, AssetFiles } from "./asset_files.ts";
import { acceptedCodings, acceptsHtml, type Coding, CODINGS } from "./asset_negotiation.ts";
import { conditionStatus, type ReadHeader, requestedRange } from "./asset_negotiation.ts";
import { assetPath, canonicalAssetPath, targetParts, writtenPath } from "./asset_path.ts";
import { AssetRules } from "./asset_rules.ts";
import type { AssetStream } from "./asset_stream.ts";
import { assetType } from "./asset_type.ts";
import { findPage, type FoundPage } from "./page_paths.ts";
import { pagesHeaders } from "./pages_headers.ts";
import type { AssetPlatform } from "../config/asset_platform.ts";
import type { HtmlHandling } from "../config/html_handling.ts";
import type { SinglePage } from "../config/resolved_config.ts";

/** What is asked of a folder. */
export interface AssetRequest {
  readonly method: "GET" | "HEAD";
  /** Absolute. */
  readonly url: string;
  readonly header: ReadHeader;
  /** Whether a client asks, who is sent to a page's clean URL; code that asks for a file by its name gets it. */
  readonly isClient?: boolean;
}

/** What a folder answers. */
export interface AssetAnswer {
  readonly status: number;
  readonly headers: HeaderList;
  readonly body: Uint8Array | AssetStream | null;
}

/** How a folder is served. */
export interface AssetFolderOptions {
  /**
   * Whether paths without a file get /index.html, whose own script routes: when the client accepts HTML, or ("missing")
   * whoever asks for what is missing.
   */
  readonly singlePage: SinglePage;
  /** At which paths its pages are found; "auto-trailing-slash" unless given. */
  readonly htmlHandling?: HtmlHandling;
  /** Whose manners it has; NANO's own unless given. */
  readonly platform?: AssetPlatform;
  /** Absolute paths of files and folders that are never served. */
  readonly hidden?: readonly string[];
  /** A monotonic clock, ms. */
  readonly now?: () => number;
}

/** As Cloudflare has it: may be kept, but is asked about before each use. */
const CACHE_CONTROL = "public, max-age=0, must-revalidate";
const FOLDER_FILE = "index.html";
const NOT_FOUND_FILE = "404.html";
const PAGE = ".html";
/** A file in the coding that was chosen, under the names it was found by. */
interface Choice {
  readonly names: readonly string[];
  readonly file: AssetFile;
  readonly coding: Coding | null;
  /** Whether other clients may get another coding. */
  readonly varies: boolean;
}

/** One folder of static files. */
export class AssetFolder {
  readonly #files: AssetFiles;
  readonly #singlePage: SinglePage;
  readonly #handling: HtmlHandling;
  readonly #platform: AssetPlatform;
  readonly #rules: AssetRules;

  /** @param path absolute */
  constructor(path: string, options: AssetFolderOptions) {
    this.#singlePage = options.singlePage;
    this.#handling = options.htmlHandling ?? "auto-trailing-slash";
    this.#platform = options.platform ?? null;
    const now = options.now ?? (() => performance.now());
    this.#files = new AssetFiles(path, { hidden: options.hidden ?? [], now });
    this.#rules = new AssetRules(path, now);
  }

  /**
   * The answer to a request, by the folder's `_redirects` and `_headers`.
   * @returns null when there is no file for it
   */
  async answer(request: AssetRequest): Promise<AssetAnswer | null> {
    const { url } = request;
    const redirected = await this.#rules.redirect(url);
    if (redirected === null) return await this.#dressed(url, await this.#answer(request));
    if (!("servedUrl" in redirected)) return await this.#dressed(url, redirectTo(redirected));
    // Not to the clean URL of the file: the rule might hold there, too.
    const served = await this.#answer({ ...request, url: redirected.servedUrl, isClient: false });
    if (served !== null) return await this.#dressed(url, served);
    return await this.missing(request) ??
      await this.#dressed(url, { status: 404, headers: [["content-length", "0"]], body: null });
  }

  /** Where a request of any method is sent by `_redirects`; null when it is not. */
  async redirect(url: string): Promise<AssetAnswer | null> {
    const redirected = await this.#rules.redirect(url);
    return redirected === null || "servedUrl" in redirected ? null : await this.#dressed(url, redirectTo(redirected));
  }

  async #dressed(url: string, answer: AssetAnswer | null): Promise<AssetAnswer | null> {
    if (answer === null) return null;
    const headers = this.#platform === "pages" ? pagesHeaders(answer) : answer.headers;
    return { ...answer, headers: await this.#rules.headersFor(url, headers) };
  }

  async #answer(request: AssetRequest): Promise<AssetAnswer | null> {
    const { path, query } = targetParts(request.url);
    const page = await this.#page(request.url, request.isClient === true);
    if (page !== null && "location" in page) return this.#sentTo(writtenPath(page.location), query);
    if (page !== null) {
      const written = canonicalAssetPath(path);
      // A path of one file must not have two spellings, of which patterns of paths know one.
      if (request.isClient && this.#platform === "workers" && written !== path) return this.#sentTo(written, query);
      return await this.#serve(page.file.slice(1).split("/"), request);
    }
    if (this.#singlePage !== true || !acceptsHtml(request.header("accept"))) return null;
    const answer = await this.#serve([FOLDER_FILE], request);
    answer?.headers.push(["vary", "accept"]);
    return answer;
  }

  /** What other methods than GET and HEAD get on the path of a file or page, where it is kept from the code. */
  async refusal(url: string): Promise<AssetAnswer | null> {
    if (this.#platform !== "workers" || await this.#page(url, true) === null) return null;
    return await this.#dressed(url, {
      status: 405,
      headers: [["allow", "GET, HEAD"], ["content-length", "0"]],
      body: null,
    });
  }

  /** @param path as a URL has it */
  #sentTo(path: string, query: string): AssetAnswer {
    const status = this.#platform === "pages" ? 308 : 307;
    return { status, headers: [["location", path + plainQuery(query)]], body: null };
  }

  async #page(url: string, isClient: boolean): Promise<FoundPage | null> {
    const { path } = targetParts(url);
    const asked = assetPath(isClient && this.#platform !== null ? canonicalAssetPath(path) : path);
    if (asked === null) return null;
    const { names, isFolder } = asked;
    const decoded = names.length === 0 ? "/" : `/${names.join("/")}${isFolder ? "/" : ""}`;
    return await findPage(decoded, {
      handling: this.#handling,
      byName: !isClient,
      exists: (file) => this.#exists(file),
    });
  }

  async #exists(path: string): Promise<boolean> {
    const names = path.slice(1).split("/");
    // Names that were made of others: "/" has no page of its own.
    return !names.includes("") && names.at(-1) !== PAGE && isFile(await this.#files.find(names));
  }

  /** The answer where nothing else answers: the nearest 404.html if there is one, or what a single page says to all paths. */
  async missing(request: AssetRequest): Promise<AssetAnswer | null> {
    const isSinglePage = this.#singlePage === "missing";
    const page = isSinglePage && this.#platform !== "pages" ? null : await this.#notFound(request);
    if (page !== null || !isSinglePage) return page;
    return await this.#dressed(request.url, await this.#serve([FOLDER_FILE], request));
  }

  async #notFound(request: AssetRequest): Promise<AssetAnswer | null> {
    const names = await this.#nearestPage(targetParts(request.url).path);
    const choice = await this.#choose(names, request);
    if (choice === null) return null;
    const body = request.method === "HEAD" ? null : await assetBody(choice.file, null);
    if (body === "changed") return null;
    const headers = headersOf(choice, this.#typeOf(names)).filter(([name]) =>
      name !== "etag" && name !== "last-modified" && name !== "accept-ranges"
    );
    const length = ["content-length", String(choice.file.size)] satisfies HeaderList[number];
    return await this.#dressed(request.url, { status: 404, headers: [...headers, length], body });
  }

  /** From the top down, so that a long path costs no more than the folders that there are. */
  async #nearestPage(path: string): Promise<readonly string[]> {
    let nearest = [NOT_FOUND_FILE];
    const folder: string[] = [];
    const { names = [], isFolder = false } = assetPath(path) ?? {};
    // What has no slash behind it is none of the folder of its name.
    for (const name of isFolder ? names : names.slice(0, -1)) {
      folder.push(name);
      if (await this.#files.find(folder) !== "folder") break;
      const page = [...folder, NOT_FOUND_FILE];
      if (isFile(await this.#files.find(page))) nearest = page;
    }
    return nearest;
  }

  async #serve(names: readonly string[], request: AssetRequest): Promise<AssetAnswer | null> {
    for (let attempt = 1; attempt <= 2; attempt++) {
      const choice = await this.#choose(names, request);
      if (choice === null) return null;
      const answer = await this.#answerWith(choice, names, request);
      if (answer !== "changed") return answer;
      // Written between the look at it and its reading.
      this.#files.forget(choice.names);
    }
    throw new NanoError("INTERNAL", `Cannot serve "${names.join("/")}": the file changes while it is read`);
  }

  /** The file itself, or a coded one beside it that the client prefers. */
  async #choose(names: readonly string[], request: AssetRequest): Promise<Choice | null> {
    const file = await this.#files.find(names);
    if (!isFile(file)) return null;
    const last = names.at(-1)!;
    const coded: Omit<Choice, "varies">[] = [];
    for (const coding of CODINGS) {
      const beside = [...names.slice(0, -1), last + coding.ending];
      const found = await this.#files.find(beside);
      if (isFile(found)) coded.push({ names: beside, file: found, coding });
    }
    const varies = coded.length > 0;
    for (const accepted of varies ? acceptedCodings(request.header("accept-encoding")) : []) {
      const match = coded.find(({ coding }) => coding === accepted);
      if (match !== undefined) return { ...match, varies };
    }
    return { names, file, coding: null, varies };
  }

  /** Cloudflare leaves what nobody registered to the client, who looks into it; so a file without an ending may be a page. */
  #typeOf(names: readonly string[]): string | null {
    return assetType(names.at(-1)!) ?? (this.#platform === null ? "application/octet-stream" : null);
  }

  async #answerWith(
    choice: Choice,
    names: readonly string[],
    { method, header }: AssetRequest,
  ): Promise<AssetAnswer | "changed"> {
    const { file } = choice;
    const headers = headersOf(choice, this.#typeOf(names));
    const status = conditionStatus(header, file);
    if (status === 304) {
      return { status, headers: headers.filter(([name]) => !DESCRIBES_BODY.has(name)), body: null };
    }
    if (status === 412) return { status, headers: [["content-length", "0"]], body: null };
    const range = method === "GET" ? requestedRange(header, file) : null;
    if (range === "none") {
      return { status: 416, headers: [["content-range", `bytes */${file.size}`], ["content-length", "0"]], body: null };
    }
    const length = String(range?.length ?? file.size);
    const body = method === "HEAD" ? null : await assetBody(file, range);
    if (body === "changed") return body;
    headers.push(["content-length", length]);
    if (range === null) return { status, headers, body };
    headers.push(["content-range", `bytes ${range.from}-${range.from + range.length - 1}/${file.size}`]);
    return { status: 206, headers, body };
  }
}

const DESCRIBES_BODY = new Set(["content-type", "content-encoding", "accept-ranges"]);

function redirectTo({ status, location }: { status: number; location: string }): AssetAnswer {
  return { status, headers: [["location", location], ["content-length", "0"]], body: null };
}

function isFile(found: AssetFile | "folder" | null): found is AssetFile {
  return found !== null && found !== "folder";
}

function plainQuery(query: string): string {
  return query.toWellFormed().replace(/[^\x21-\x7e]+/g, encodeURIComponent);
}

/** @param type of the file itself: a coded one is of it */
function headersOf({ file, coding, varies }: Choice, type: string | null): HeaderList {
  const headers: HeaderList = [
    ...(type === null ? [] : [["content-type", type]] satisfies HeaderList),
    ["cache-control", CACHE_CONTROL],
    ["etag", file.etag],
    ["last-modified", new Date(file.mtimeMs).toUTCString()],
    ["accept-ranges", "bytes"],
  ];
  if (coding !== null) headers.push(["content-encoding", coding.coding]);
  if (varies) headers.push(["vary", "accept-encoding"]);
  return headers;
}
