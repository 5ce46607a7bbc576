/** The line of a request in the JSON log: tens of thousands a second, so what repeats is made once. */
import type { RequestEvent } from "../terms/events.ts";
import { jsonText } from "./json_text.ts";

/**
 * ".001" to ".999" without zeros at the end, and nothing for 0: to print a fraction takes longer than a third of the
 * line.
 */
const FRACTIONS: readonly string[] = Array.from({ length: 1000 }, (_, thousandths) => `${thousandths / 1000}`.slice(1));

/** Makes lines, and remembers how the last one began: at load the next one is of the same app, path and moment. */
export class RequestLine {
  #stamp = "";
  #app: string | null = null;
  #method = "";
  #path = "";
  #begin = "";

  /** @param stamp the time as it is written @returns the line without its end */
  of(event: RequestEvent, stamp: string): string {
    const { app, method, path, code } = event;
    if (stamp !== this.#stamp || path !== this.#path || app !== this.#app || method !== this.#method) {
      this.#stamp = stamp;
      this.#app = app;
      this.#method = method;
      this.#path = path;
      this.#begin = '{"ts":"' + stamp + '","level":"info","event":"request","app":' +
        (app === null ? "null" : jsonText(app)) + ',"method":' + jsonText(method) + ',"path":' + jsonText(path) +
        ',"status":';
    }
    return this.#begin + event.status + ',"bytes":' + event.bytes + ',"duration_ms":' + millis(event.durationMs) +
      ',"request_id":' + jsonText(event.requestId) + ',"end":"' + event.end +
      (code === null ? '"}' : '","code":"' + code + '"}');
  }
}

/** Rounded to thousandths, as `JSON.stringify` would print it. */
function millis(ms: number): string {
  const thousandths = Math.round(ms * 1000);
  const whole = Math.floor(thousandths / 1000);
  return whole + FRACTIONS[thousandths - whole * 1000]!;
}
