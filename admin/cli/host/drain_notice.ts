/** Tells whoever pressed Ctrl+C what the end waits for, and that a second one does not wait. */
import type { AppSnapshot } from "../../../runtime/mod.ts";

/** How often it is told anew. */
const REPEAT_MS = 5_000;

/** What a notice works with. */
export interface DrainNoticeOptions {
  readonly apps: () => readonly AppSnapshot[];
  readonly timeoutMs: number;
  readonly write: (line: string) => void;
  /** A monotonic clock, ms. */
  readonly now?: () => number;
}

/** Tells at once if there is something to wait for, and then every 5 s until it is disposed. */
export function drainNotice({ apps, timeoutMs, write, now = () => performance.now() }: DrainNoticeOptions): Disposable {
  const startedAt = now();
  const tell = () => {
    const text = noticeText(apps(), timeoutMs - (now() - startedAt));
    if (text !== null) write(text);
  };
  tell();
  const timer = setInterval(tell, REPEAT_MS);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

/** The line, or null when nothing is waited for. */
export function noticeText(apps: readonly AppSnapshot[], leftMs: number): string | null {
  const busy = apps.filter(({ inFlight, queued }) => inFlight + queued > 0);
  if (busy.length === 0) return null;
  const requests = busy.reduce((sum, { inFlight, queued }) => sum + inFlight + queued, 0);
  const of = busy.map(({ name, inFlight, queued }) => `${name} ${inFlight + queued}`).join(", ");
  const seconds = Math.max(0, Math.ceil(leftMs / 1000));
  return `nano: Waiting up to ${seconds} s for ${requests} ${
    requests === 1 ? "request, stream" : "requests, streams"
  } ` +
    `or WebSocket${requests === 1 ? "" : "s"} to end (${of}); Ctrl+C once more ends them now`;
}
