/** The host's end of the thread of one backup or restore. */
import type { StageAnswer, StageAsk } from "./stage_messages.ts";
import { BadStore, type CheckAsk } from "./store_check.ts";
import type { Snapshot, SnapshotAsk } from "./store_snapshot.ts";

interface Waiting {
  readonly resolve: (snapshot: Snapshot | null) => void;
  readonly reject: (error: Error) => void;
}

/** Copies and checks stores below a folder; disposing it ends the thread. */
export class StageThread implements Disposable {
  readonly #thread: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #next = 1;

  /** @param folder absolute, of all data */
  constructor(folder: string) {
    this.#thread = new Worker(new URL("./stage_worker.ts", import.meta.url), {
      type: "module",
      name: "nano-backup",
      deno: { permissions: { read: [folder], write: [folder] } },
    });
    this.#thread.onmessage = ({ data }: MessageEvent<StageAnswer>) => this.#take(data);
    this.#thread.onerror = (event) => {
      event.preventDefault();
      this.#failAll(event.message);
    };
  }

  /** Copies a store. */
  async snapshot(ask: SnapshotAsk): Promise<Snapshot> {
    return (await this.#run({ id: this.#next++, ask: "snapshot", ...ask }))!;
  }

  /** What a file is known by that was copied otherwise. @param path absolute */
  async measure(path: string): Promise<Snapshot> {
    return (await this.#run({ id: this.#next++, ask: "measure", path }))!;
  }

  /** Looks at one. @throws {BadStore} when it cannot be used */
  async check(ask: CheckAsk): Promise<void> {
    await this.#run({ id: this.#next++, ask: "check", ...ask });
  }

  [Symbol.dispose](): void {
    this.#thread.terminate();
    this.#failAll("it was ended");
  }

  #run(ask: StageAsk): Promise<Snapshot | null> {
    return new Promise((resolve, reject) => {
      this.#waiting.set(ask.id, { resolve, reject });
      this.#thread.postMessage(ask);
    });
  }

  #take(answer: StageAnswer): void {
    const waiting = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    if ("snapshot" in answer) waiting?.resolve(answer.snapshot);
    else waiting?.reject(answer.isBad ? new BadStore(answer.error) : new Error(answer.error));
  }

  #failAll(why: string): void {
    for (const { reject } of this.#waiting.values()) {
      reject(new Error(`Cannot go on with the thread of backups: ${why}`));
    }
    this.#waiting.clear();
  }
}
