/** Apps that a node has never heard of, put in force many at once: one by one a thousand of them take minutes. */
import type { HeldMark, HeldRecord } from "../store/fleet_rows.ts";
import { appOfKey, readRecord } from "./app_record.ts";
import type { NewsOfApp, ReplicaTools } from "./replica_tools.ts";

/** Their files are brought together, so that what fails does so for all of them; more than make apps lazy by default. */
const TOGETHER = 250;
/** So few are the deploys of a moment: whoever made them wants to be told whether each works here, lazy or not. */
const FEW = 8;

/** What it works with. */
export interface NewAppsTools extends Pick<ReplicaTools, "applyAll"> {
  readonly held: (key: string) => HeldMark | undefined;
  /** Called for each that is in force. */
  readonly onKept: (held: HeldRecord) => void;
  /** Puts one in force by itself, or tells why it is not. */
  readonly takeOne: (held: HeldRecord, isNews: () => boolean) => Promise<void>;
}

/** Those of one pull that wait. */
export class NewApps {
  readonly #tools: NewAppsTools;
  #waiting: NewsOfApp[] = [];

  constructor(tools: NewAppsTools) {
    this.#tools = tools;
  }

  /** Takes a record, after all that came before. @throws what `takeOne` throws */
  async take(held: HeldRecord, isNews: () => boolean): Promise<void> {
    const { applyAll, held: heldOf, takeOne } = this.#tools;
    const read = readRecord(held);
    const isNew = "record" in read && read.record.row !== null && heldOf(held.key) === undefined;
    if (applyAll === undefined || !isNew || appOfKey(held.key) === null) {
      await this.end();
      return await takeOne(held, isNews);
    }
    this.#waiting.push({ held, record: read.record, isNews });
    if (this.#waiting.length >= TOGETHER) await this.end();
  }

  /** Puts in force what waits. @throws what `takeOne` throws */
  async end(): Promise<void> {
    const all = this.#waiting;
    this.#waiting = [];
    if (all.length > FEW && await this.#applied(all)) {
      // What is not news any more was changed here meanwhile.
      for (const { held, isNews } of all) if (isNews()) this.#tools.onKept(held);
      return;
    }
    for (const { held, isNews } of all) if (isNews()) await this.#tools.takeOne(held, isNews);
  }

  async #applied(all: readonly NewsOfApp[]): Promise<boolean> {
    try {
      await this.#tools.applyAll!(all);
      return true;
    } catch {
      // Whatever it is, it is found again and told by who takes them one by one.
      return false;
    }
  }
}
