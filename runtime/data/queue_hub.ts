/** All queues: who sends to one wakes whoever consumes it. */
import type { QueueStore } from "./queue_store.ts";

/** Hands out queues by name. */
export class QueueHub {
  readonly #open: (name: string) => QueueStore;
  readonly #listeners = new Map<string, () => void>();

  /** @param open the store of a queue */
  constructor(open: (name: string) => QueueStore) {
    this.#open = open;
  }

  /** The queue of a name; its consumer hears of what is sent to it. */
  store(name: string): QueueStore {
    const store = this.#open(name);
    return {
      ...store,
      send: async (messages, maxBytes) => {
        const sent = await store.send(messages, maxBytes);
        this.#listeners.get(name)?.();
        return sent;
      },
      moveBack: async (ids, options) => {
        const outcomes = await store.moveBack(ids, options);
        this.#listeners.get(options.to)?.();
        return outcomes;
      },
    };
  }

  /** Calls back when something was sent to a queue; a queue has one consumer. */
  listen(name: string, onSent: () => void): void {
    this.#listeners.set(name, onSent);
  }

  /** Has the consumer of a queue look, whose messages are others now; all of them without a name. */
  wake(name: string | null): void {
    if (name !== null) this.#listeners.get(name)?.();
    else for (const listener of this.#listeners.values()) listener();
  }

  /** Calls back no more. */
  forget(name: string): void {
    this.#listeners.delete(name);
  }
}
