/** The binding `env.ASSETS`: the app's own static files, by the interface that Workers know. */
import type { FetchClient } from "./fetch.ts";

/** Named as on Workers; an app gets one and makes none. */
class Fetcher {
  readonly #fetches: FetchClient;

  constructor(fetches: FetchClient) {
    this.#fetches = fetches;
  }

  /** Answers from the app's folder; of the URL only path and query count. */
  fetch(input: RequestInfo | URL, init?: RequestInit): Promise<Response> {
    return this.#fetches.fetchAsset(input, init);
  }
}

/** Makes the binding. */
export function createAssetsBinding(fetches: FetchClient): unknown {
  return new Fetcher(fetches);
}
