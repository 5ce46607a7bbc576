/** Bytes of objects that are being read somewhere: whoever has replaced them asks before it removes them. */
import { NoRespondersError, RequestError, TimeoutError } from "@nats-io/nats-core";
import type { Reached } from "../nats_session.ts";

/** A node that is asleep reads nothing that could be cut off. */
const ASK_MS = 1_000;

/** Of one bucket. */
export class HeldContent {
  readonly #subject: string;

  /** @param subject before the owner of the bytes */
  constructor(subject: string) {
    this.#subject = subject;
  }

  /** From now on this node answers. @returns what ends it */
  hold({ connection }: Reached, owner: string): () => void {
    const listening = connection.subscribe(`${this.#subject}${owner}`, {
      callback: (error, message) => {
        if (error === null) message.respond("");
      },
    });
    return () => listening.unsubscribe();
  }

  /** Whether any node reads them: the servers say so when none listens. */
  async isHeld({ connection }: Reached, owner: string): Promise<boolean> {
    try {
      await connection.request(`${this.#subject}${owner}`, "", { timeout: ASK_MS });
      return true;
    } catch (error) {
      const why = error instanceof RequestError ? error.cause : error;
      if (why instanceof NoRespondersError || why instanceof TimeoutError) return false;
      throw error;
    }
  }
}
