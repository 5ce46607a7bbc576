/** Asks innocent apps all the time, lightly, and keeps every request that was not answered as it must be. */
import type { NanoProcess } from "../../support/nano_process.ts";

/** Between two requests of a lane: a steady light load, not a bench. */
const EVERY_MS = 25;
/** Bounds a hang only. */
const DEADLINE_MS = 400_000;

/** An app that says who it is; another id means another isolate. */
export const NEIGHBOUR_APP = `const id = crypto.randomUUID();
export default { fetch: (_request, env) => new Response(env.NAME + " " + id) };
`;

/** A running load; disposing stops it. */
export class NeighbourLoad implements AsyncDisposable {
  /** What went wrong, request by request. */
  readonly failures: string[] = [];
  #answered = 0;
  #ids = new Map<string, string>();
  #stopping = false;
  #lanes: Promise<unknown>;

  constructor(nano: NanoProcess, names: readonly string[]) {
    this.#lanes = Promise.all(names.map(async (name) => {
      while (!this.#stopping) {
        const failure = await this.#ask(nano, name);
        // A request that was cut because the scene itself is going down is nobody's loss
        if (failure !== null && !this.#stopping) this.failures.push(failure);
        this.#answered++;
        await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
      }
    }));
  }

  /** Requests that came to an end. */
  get answered(): number {
    return this.#answered;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping = true;
    await this.#lanes;
  }

  async #ask(nano: NanoProcess, name: string): Promise<string | null> {
    try {
      const response = await nano.fetch(name, "/", { signal: AbortSignal.timeout(DEADLINE_MS) });
      const text = await response.text();
      const [said, id = ""] = text.split(" ");
      if (response.status !== 200 || said !== name) return `${name}: ${response.status} ${text.slice(0, 200)}`;
      const before = this.#ids.get(name) ?? id;
      this.#ids.set(name, id);
      return before === id ? null : `${name} lost its isolate`;
    } catch (error) {
      return `${name}: ${error}`;
    }
  }
}
