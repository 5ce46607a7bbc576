/** Server-sent events on the wire: written as text, read from a stream of bytes. */

/** One event. */
export interface ServerSentEvent {
  /** `message` when the sender gave none. */
  readonly event: string;
  readonly data: string;
  /** The last id that came, or null. */
  readonly id: string | null;
}

/** A longer event is no event of NANO; reading it on would only fill the memory. */
const MAX_EVENT_CHARACTERS = 16 * 1024 * 1024;

/**
 * Writes one event.
 * @param data one line; JSON text is
 */
export function sseText(event: string, data: string, id: number | null = null): string {
  return `event: ${event}\n${id === null ? "" : `id: ${id}\n`}data: ${data}\n\n`;
}

/**
 * Reads events until the stream ends; a last one that is not whole is dropped, as the standard wants it.
 * @throws {RangeError} when an event has no end
 */
export async function* readServerSentEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<ServerSentEvent> {
  const decoder = new TextDecoder();
  let rest = "";
  let event = "";
  let data: string[] = [];
  let id: string | null = null;
  for await (const chunk of body) {
    rest += decoder.decode(chunk, { stream: true });
    // A carriage return at the very end may be the first half of a line's end.
    const held = rest.endsWith("\r") ? "\r" : "";
    const lines = rest.slice(0, rest.length - held.length).split(/\r\n|\n|\r/);
    rest = (lines.pop() ?? "") + held;
    if (rest.length > MAX_EVENT_CHARACTERS) throw new RangeError("Cannot read events: one is longer than 16 MiB");
    for (const line of lines) {
      if (line === "") {
        if (data.length > 0) yield { event: event || "message", data: data.join("\n"), id };
        event = "";
        data = [];
        continue;
      }
      const colon = line.indexOf(":");
      const field = colon === -1 ? line : line.slice(0, colon);
      const value = colon === -1 ? "" : line.slice(colon + 1).replace(/^ /, "");
      if (field === "event") event = value;
      else if (field === "data") data.push(value);
      else if (field === "id" && !value.includes("\0")) id = value;
    }
  }
}
