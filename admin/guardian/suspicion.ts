/** Suspicion over several deaths of the host: who is likely enough to have caused two of them is convicted. */
import type { Charge } from "./evidence.ts";

/** A version of an app that is not to be started any more. */
export interface NewConviction {
  readonly app: string;
  readonly version: string;
  readonly reason: string;
}

/** What a death led to. */
export interface DeathFinding {
  readonly convicted: readonly NewConviction[];
  /** Whether it is clear who ended the host, so that another start has a better chance. */
  readonly isClear: boolean;
}

/** A death is forgotten after this: an app that serves so long without another one was not the cause, or hardly matters. */
export const FORGET_AFTER_MS = 60 * 60_000;
/** With less of the share a death does not count against an app. */
const SUSPECT_SHARE = 0.25;
/** Nor if its share is less than this part of the likeliest one's: that death has a better explanation. */
const BEST_PART = 0.6;
/** With this share it is clear who ended the host. */
const CLEAR_SHARE = 0.75;
/** An app that was no suspect of a death may have caused it all the same, with this chance. */
const FLOOR = 0.02;
/** How much likelier than anybody else, and than a cause that nobody saw, the convicted has to be over all deaths. */
const ODDS = 12;
/** More deaths than these are not looked back on. */
const MAX_DEATHS = 32;

interface Death {
  readonly at: number;
  readonly charges: readonly Charge[];
}

/** Charges deaths. */
export class Suspicion {
  #deaths: readonly Death[] = [];

  /** Apps that are suspected of a death and not convicted, the least suspected first: they boot last, and alone. */
  suspects(at: number): string[] {
    this.#forget(at);
    const shares = new Map<string, number>();
    for (const { app, share } of this.#deaths.flatMap(({ charges }) => charges)) {
      shares.set(app, share + (shares.get(app) ?? 0));
    }
    return [...shares].sort(([, one], [, other]) => one - other).map(([app]) => app);
  }

  /** Takes a death in. @param at ms, of any clock that goes on */
  charge(charges: readonly Charge[], at: number): DeathFinding {
    this.#forget(at);
    this.#deaths = [...this.#deaths, { at, charges }].slice(-MAX_DEATHS);
    const isClear = charges.some(({ share }) => share >= CLEAR_SHARE);
    const convicted: NewConviction[] = [];
    for (const charge of countingOf(charges)) {
      const deaths = this.#deathsOf(charge);
      if (deaths.length < 2 || !this.#isGuilty(charge, deaths)) continue;
      const { app, version } = charge;
      const said = deaths.map((death) => shareOf(death, charge)!.reason);
      convicted.push({ app, version, reason: `the host died ${deaths.length} times while it ${joined(said)}` });
      // They are explained, and accuse nobody else any more; nor this one, should an operator let it out.
      this.#deaths = this.#deaths.filter((death) => !deaths.includes(death));
    }
    return { convicted, isClear };
  }

  #forget(at: number): void {
    this.#deaths = this.#deaths.filter((death) => at - death.at < FORGET_AFTER_MS);
  }

  #deathsOf(charge: Charge): Death[] {
    return this.#deaths.filter((death) => countingOf(death.charges).some((other) => isSame(other, charge)));
  }

  #isGuilty(charge: Charge, deaths: readonly Death[]): boolean {
    const own = deaths.map((death) => shareOf(death, charge)!.share);
    const unseen = deaths.map(({ charges }) => 1 - charges.reduce((sum, { share }) => sum + share, 0));
    const rivals = deaths.flatMap(({ charges }) => charges).filter((other) => !isSame(other, charge))
      .map((rival) => deaths.map((death) => shareOf(death, rival)?.share ?? 0));
    return [unseen, ...rivals].every((others) =>
      own.reduce((odds, share, i) => odds * (share + FLOOR) / (Math.max(0, others[i]!) + FLOOR), 1) >= ODDS
    );
  }
}

/** Those against whom a death counts. */
function countingOf(charges: readonly Charge[]): Charge[] {
  const best = Math.max(0, ...charges.map(({ share }) => share));
  return charges.filter(({ share }) => share >= Math.max(SUSPECT_SHARE, BEST_PART * best));
}

function isSame(one: Charge, other: Charge): boolean {
  return one.app === other.app && one.version === other.version;
}

function shareOf({ charges }: Death, charge: Charge): Charge | undefined {
  return charges.find((other) => isSame(other, charge));
}

function joined(texts: readonly string[]): string {
  return [...new Set(texts)].join("; ");
}
