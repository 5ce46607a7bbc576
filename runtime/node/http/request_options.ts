/** What `http.request` is given, as one request. */
import { urlToHttpOptions } from "node:url";
import { codedError } from "./coded_error.ts";
import type { HeaderValue } from "./outgoing_message.ts";

/** As callers write them; a few of many. */
export interface RequestOptions {
  readonly protocol?: string | null;
  readonly hostname?: string | null;
  readonly host?: string | null;
  readonly port?: number | string | null;
  readonly defaultPort?: number | string;
  readonly path?: string | null;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, HeaderValue | undefined>> | readonly (string | readonly string[])[];
  readonly auth?: string | null;
  readonly timeout?: number;
  readonly signal?: AbortSignal;
  readonly agent?: { readonly protocol?: string; readonly options?: { readonly timeout?: number } } | boolean | null;
  readonly socketPath?: string;
}

/** What is asked, of whom. */
export interface Target {
  readonly url: string;
  readonly method: string;
  readonly protocol: string;
  readonly host: string;
  readonly path: string;
}

/** A path holds no blank and no control. */
// deno-lint-ignore no-control-regex
const NO_PATH = /[\x00-\x20]|[^\x00-\xff]/;
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/** `(url, options, listener)`, the first or the second left out. */
export function parseGiven(
  given: readonly unknown[],
): { options: RequestOptions; listener?: (...given: unknown[]) => void } {
  let [first, second, third] = given;
  let ofUrl: RequestOptions = {};
  if (typeof first === "string") ofUrl = urlToHttpOptions(new URL(first)) as RequestOptions;
  else if (first instanceof URL) ofUrl = urlToHttpOptions(first) as RequestOptions;
  else [first, second, third] = [undefined, first, second];
  if (typeof second === "function") [second, third] = [undefined, second];
  return {
    // Options of objects with a prototype: a legacy URL, an Agent's defaults.
    options: { ...ofUrl, ...second as RequestOptions | undefined },
    ...typeof third === "function" ? { listener: third as (...given: unknown[]) => void } : {},
  };
}

/** @throws {TypeError} when they make no request */
export function targetOf(options: RequestOptions, defaultProtocol: string): Target {
  const { agent } = options;
  const expected = (typeof agent === "object" ? agent?.protocol : undefined) || defaultProtocol;
  const protocol = options.protocol || expected;
  if (protocol !== expected) {
    throw codedError("ERR_INVALID_PROTOCOL", `Protocol "${protocol}" not supported. Expected "${expected}"`, {
      kind: TypeError,
    });
  }
  const method = (options.method ?? "GET").toUpperCase();
  if (!TOKEN.test(method)) {
    throw codedError("ERR_INVALID_HTTP_TOKEN", `Method must be a valid HTTP token ["${method}"]`, { kind: TypeError });
  }
  const path = options.path || "/";
  if (NO_PATH.test(path)) {
    throw codedError("ERR_UNESCAPED_CHARACTERS", "Request path contains unescaped characters", { kind: TypeError });
  }
  const host = options.hostname || options.host || "localhost";
  const name = host.includes(":") && host[0] !== "[" ? `[${host}]` : host;
  const port = options.port || options.defaultPort;
  const authority = port ? `${name}:${port}` : name;
  const url = `${protocol}//${authority}${path[0] === "/" ? "" : "/"}${path}`;
  return { url, method, protocol, host, path };
}

/** Headers as they were given, one by one. */
export function* givenHeaders(headers: RequestOptions["headers"]): Generator<[string, HeaderValue]> {
  if (headers === undefined || headers === null) return;
  if (!Array.isArray(headers)) {
    for (const [name, value] of Object.entries(headers as Record<string, HeaderValue | undefined>)) {
      if (value !== undefined) yield [name, value];
    }
  } else if (Array.isArray(headers[0])) yield* headers as unknown as [string, HeaderValue][];
  else for (let at = 0; at + 1 < headers.length; at += 2) yield [headers[at] as string, headers[at + 1] as string];
}
