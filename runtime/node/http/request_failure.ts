/** Why a request came to nothing, as the errors of Node's sockets say it. */
import { type CodedError, codedError } from "./coded_error.ts";

/** Codes by the words of NANO's fetch, for what names no code itself. */
const BY_WORDS: readonly (readonly [RegExp, string])[] = [
  [/\b(E[A-Z]{4,}|EPIPE|CERT_[A-Z_]+|[A-Z]+_[A-Z_]*CERT[A-Z_]*)\b/, ""],
  [/other side closed|socket hang up|reset/i, "ECONNRESET"],
  [/connect timeout|timed? ?out|timeout/i, "ETIMEDOUT"],
  [/policy|not in the app's list/i, "EACCES"],
  [/no address|not known|lookup/i, "ENOTFOUND"],
  [/refused/i, "ECONNREFUSED"],
];

/** The error that a request emits. @param error what fetch was rejected with */
export function requestFailure(error: unknown, { host }: { readonly host: string }): CodedError {
  const message = error instanceof Error ? error.message : String(error);
  let code = "ECONNRESET";
  for (const [words, known] of BY_WORDS) {
    const found = words.exec(message);
    if (found === null) continue;
    code = known === "" ? found[1]! : known;
    break;
  }
  const syscall = code === "ENOTFOUND" || code === "EAI_AGAIN" ? "getaddrinfo" : "connect";
  return Object.assign(codedError(code, message, { cause: error }), { syscall, hostname: host });
}
