/** An app with a folder of static files before it: files are answered in the host, whatever the app's state. */
import type { AppCall } from "../terms/app_call.ts";
import type { Parkable } from "../app/parking.ts";
import type { Clock } from "../clock.ts";
import { inTime } from "../deadline.ts";
import type { AppConfig, MissingPage } from "../config/resolved_config.ts";
import { messageOf, NanoError } from "../errors.ts";
import type { AppSnapshot, NanoEvent } from "../terms/events.ts";
import type { AssetAnswer, AssetFolder, AssetRequest } from "../http/assets.ts";
import { pathMatcher } from "../http/path_matcher.ts";
import { AssetStream } from "../http/asset_stream.ts";
import type { AppStateName, ExitReason } from "../terms/lifecycle.ts";
import { joinHeaders, splitHeaders } from "../protocol/header_block.ts";
import type { AppUnit } from "../generations/reload.ts";

/** What it works with. */
export interface AssetTools {
  readonly clock: Clock;
  readonly emit: (event: NanoEvent) => void;
  /** Patterns of the paths on which the app is asked before the files; none unless given. */
  readonly workerFirst?: false | readonly string[];
  /** When /404.html answers where there is no file; never unless given. */
  readonly missingPage?: MissingPage;
}

/** Stands before an app. */
export class UnitWithAssets implements AppUnit {
  readonly #unit: AppUnit;
  readonly #folder: AssetFolder;
  readonly #tools: AssetTools;
  readonly #isAppFirst: (url: string) => boolean;
  readonly #looking = new Set<Promise<void>>();
  readonly #streams = new Set<AssetStream>();
  #onIdle: (() => void) | null = null;
  #stop: Promise<ExitReason> | null = null;

  constructor(unit: AppUnit, folder: AssetFolder, tools: AssetTools) {
    this.#unit = unit;
    this.#folder = folder;
    this.#tools = tools;
    this.#isAppFirst = tools.workerFirst ? pathMatcher(tools.workerFirst) : () => false;
  }

  get app(): AppConfig {
    return this.#unit.app;
  }

  get version(): string | null {
    return this.#unit.version;
  }

  get state(): AppStateName {
    return this.#unit.state;
  }

  /** Requests of the app and for its files. */
  get pending(): number {
    return this.#unit.pending + this.#looking.size + this.#streams.size;
  }

  get openSockets(): number {
    return this.#unit.openSockets;
  }

  get parkable(): Parkable | null {
    return this.#unit.parkable ?? null;
  }

  get isUnread(): boolean {
    return this.#unit.isUnread ?? false;
  }

  get prepared(): Promise<void> | null {
    return this.#unit.prepared ?? null;
  }

  /** Takes a request: answers it with a file, or hands it to the app. */
  fetch(call: AppCall): void {
    const isFileFirst = this.#stop === null && isForFiles(call) && !this.#isAppFirst(call.url);
    if (!isFileFirst) {
      this.#unit.fetch(call);
      return;
    }
    const look = this.#serve(call).finally(() => this.#looking.delete(look));
    this.#looking.add(look);
  }

  start(): Promise<void> {
    return this.#unit.start();
  }

  /** Drains the app, and the files that are being sent. */
  stop(timeoutMs: number = this.app.drainTimeoutMs): Promise<ExitReason> {
    this.#stop ??= this.#stopNow(timeoutMs);
    return this.#stop;
  }

  snapshot(): AppSnapshot {
    return this.#unit.snapshot();
  }

  async #stopNow(timeoutMs: number): Promise<ExitReason> {
    const { clock, emit } = this.#tools;
    const startedAt = clock.now();
    // A request whose file is still looked for may be the app's: it must find the app, as any that came before.
    await inTime(Promise.allSettled(this.#looking), timeoutMs, clock);
    const leftMs = Math.max(0, timeoutMs - (clock.now() - startedAt));
    const idle = Promise.withResolvers<void>();
    this.#onIdle = idle.resolve;
    if (this.#streams.size === 0) idle.resolve();
    const [reason] = await Promise.all([
      this.#unit.stop(leftMs),
      inTime(idle.promise, leftMs, clock),
    ]);
    const cut = this.#streams.size;
    for (const stream of [...this.#streams]) stream.cut(`Not sent within ${timeoutMs} ms of a drain`, "timed_out");
    if (cut > 0) emit({ event: "app_drained", app: this.app.name, forcedClosed: cut });
    return reason;
  }

  /** As Workers have it; null when the app is to answer. */
  async #missing(request: AssetRequest): Promise<AssetAnswer | null> {
    const { missingPage = "never" } = this.#tools;
    const isPage = missingPage === "always" ||
      (missingPage === "navigation" && request.header("sec-fetch-mode") === "navigate");
    return isPage ? await this.#folder.missing(request) : null;
  }

  async #serve(call: AppCall): Promise<void> {
    const request = assetRequest(call);
    let answer: AssetAnswer | null;
    try {
      // What no file can answer is sent elsewhere all the same.
      answer = request === null
        ? await this.#folder.redirect(call.url) ?? await this.#folder.refusal(call.url)
        : await this.#folder.answer({ ...request, isClient: true }) ?? await this.#missing(request);
    } catch (error) {
      const { name } = this.app;
      this.#tools.emit({ event: "warning", text: `App "${name}": cannot serve an asset: ${messageOf(error)}` });
      call.fail(new NanoError("INTERNAL", `Cannot serve a file of app "${name}"`, { cause: error }));
      return;
    }
    if (answer === null) this.#unit.fetch(call);
    else {
      const onEnd = () => this.#streams.size === 0 && this.#onIdle?.();
      sendAsset(call, answer, { streams: this.#streams, clock: this.#tools.clock, onEnd });
    }
  }
}

/** Jobs, methods and named entrypoints are the app's alone. */
function isForFiles({ job, entry }: AppCall): boolean {
  return job === undefined && (entry === undefined || (entry.operation === "fetch" && entry.entrypoint === "default"));
}

/** A call as a folder takes it; null when no file can be its answer. */
export function assetRequest(call: AppCall): AssetRequest | null {
  const { method, url } = call;
  if (method !== "GET" && method !== "HEAD") return null;
  const list = splitHeaders(call.headers);
  const header = (wanted: string) => {
    const values = list.filter(([name]) => name.toLowerCase() === wanted).map(([, value]) => value);
    return values.length === 0 ? null : values.join(", ");
  };
  return { method, url, header };
}

/** What an answer of a folder is sent with. */
export interface AssetSending {
  /** Holds the answer's stream while it is sent. */
  readonly streams: Set<AssetStream>;
  readonly clock: Clock;
  /** Told after a stream has left `streams`. */
  readonly onEnd: () => void;
}

/** Gives a call the answer of a folder. */
export function sendAsset(call: AppCall, { status, headers, body }: AssetAnswer, sending: AssetSending): void {
  if (!(body instanceof AssetStream)) {
    call.respond(status, joinHeaders(headers), body);
    return;
  }
  const { streams, clock, onEnd } = sending;
  streams.add(body);
  // A response that nobody takes any more is never read to its end, and its file would stay open.
  call.onClientGone(() => body.cut("The client closed the connection", "client_gone"));
  const readable = body.readable((bytes, end) => {
    streams.delete(body);
    call.finish(bytes, end);
    onEnd();
  }, { clock, stallMs: call.patience.writeStallMs });
  call.respond(status, joinHeaders(headers), readable);
}
