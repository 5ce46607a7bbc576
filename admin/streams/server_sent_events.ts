/** Server-sent events on the wire: written as text, read from a stream of bytes. */
import { createParser } from "eventsource-parser";

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
  let read: ServerSentEvent[] = [];
  let id: string | null = null;
  let tooLong = false;
  const parser = createParser({
    maxBufferSize: MAX_EVENT_CHARACTERS,
    onId: (given) => id = given,
    onEvent: ({ event = "message", data }) => read.push({ event, data, id }),
    // Fields that the standard does not know are no error for a reader.
    onError: ({ type }) => tooLong ||= type === "max-buffer-size-exceeded",
  });
  for await (const chunk of body) {
    parser.feed(decoder.decode(chunk, { stream: true }));
    yield* read;
    read = [];
    if (tooLong) throw new RangeError("Cannot read events: one is longer than 16 MiB");
  }
}
