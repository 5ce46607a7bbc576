/** Carries requests to the admin listener: token, deadlines, and errors as {@linkcode AdminError}. */
import { AdminError, type AdminErrorCode } from "./admin_error.ts";
import type { Problem } from "../schemas/host_schemas.ts";

/** Where the admin API is, and how to get in. */
export interface AdminConnectionOptions {
  /** As `http://127.0.0.1:9090`. */
  readonly url: string;
  readonly token: string;
  /** How long a reading call may take, in milliseconds. Default: 30 s. */
  readonly readTimeoutMs?: number;
  /** How long a change may take, its drain and its boot included, in milliseconds. Default: 15 min. */
  readonly changeTimeoutMs?: number;
  /** In the place of `fetch`, for tests. */
  readonly fetch?: (request: Request) => Promise<Response> | Response;
}

const READ_TIMEOUT_MS = 30_000;
const CHANGE_TIMEOUT_MS = 15 * 60_000;

/** A request, which may take as long as a change, or as long as it says. */
interface SlowInit extends RequestInit {
  readonly isSlow?: boolean;
  readonly timeoutMs?: number;
}

/** Answers of any length. */
const STREAMED = /^(?:text\/event-stream|application\/(?:sql|x-tar))/;

/** One admin listener as a client sees it. */
export class AdminConnection {
  /** Without a slash at the end. */
  readonly url: string;
  readonly #options: AdminConnectionOptions;

  constructor(options: AdminConnectionOptions) {
    this.#options = options;
    this.url = options.url.replace(/\/+$/, "");
  }

  /**
   * As the global `fetch`. The body of an answer is read within the deadline, unless it is a stream of events, an export or a backup.
   * @throws {AdminError} for an answer that is an error, and when there is none
   */
  readonly fetch = async (input: string | URL | Request, init: SlowInit = {}): Promise<Response> => {
    const { token, readTimeoutMs = READ_TIMEOUT_MS, changeTimeoutMs = CHANGE_TIMEOUT_MS } = this.#options;
    const headers = new Headers(init.headers);
    headers.set("authorization", `Bearer ${token}`);
    const deadline = new AbortController();
    const isRead = ["GET", "HEAD"].includes(init.method ?? "GET") && init.isSlow !== true;
    const timeoutMs = init.timeoutMs ?? (isRead ? readTimeoutMs : changeTimeoutMs);
    const timer = setTimeout(
      () => deadline.abort(new DOMException(`no answer within ${timeoutMs / 1000} s`, "TimeoutError")),
      timeoutMs,
    );
    const signal = init.signal ? AbortSignal.any([init.signal, deadline.signal]) : deadline.signal;
    try {
      const send = this.#options.fetch ?? fetch;
      const response = await send(new Request(input, { ...init, headers, signal, redirect: "manual" }));
      if (response.ok && STREAMED.test(response.headers.get("content-type") ?? "")) return response;
      const body = await response.bytes();
      if (response.ok || isReadiness(response)) return new Response(body, response);
      throw errorOf(response, new TextDecoder().decode(body));
    } catch (error) {
      throw error instanceof AdminError ? error : this.unreachable(error);
    } finally {
      clearTimeout(timer);
    }
  };

  /** The error for a connection that failed or broke. */
  unreachable(cause: unknown): AdminError {
    const reason = cause instanceof Error ? cause.message : String(cause);
    return new AdminError("UNREACHABLE", `Cannot reach the admin API at ${this.url}: ${reason}`, { cause });
  }
}

/** "Not ready" is an answer, told with status 503. */
function isReadiness(response: Response): boolean {
  return response.status === 503 && response.headers.get("content-type")?.startsWith("application/json") === true;
}

function errorOf(response: Response, text: string): AdminError {
  const { status } = response;
  if (response.headers.get("content-type")?.startsWith("application/problem+json")) {
    const problem = JSON.parse(text) as Problem;
    const { code, detail, errors = [], request_id } = problem;
    return new AdminError(code as AdminErrorCode, detail, { details: errors, status, requestId: request_id });
  }
  // Some other server listens there.
  return new AdminError("UNREACHABLE", `Cannot use ${response.url}: it is no admin API of NANO (status ${status})`, {
    status,
  });
}
