/** Units whose code is read after they are in force: each stands in for the real one until that takes its place. */
import type { Clock } from "../clock.ts";
import type { AppConfig } from "../config/resolved_config.ts";
import { type AppUnit, asFailure, type BundleTools, type UnitCode } from "./reload.ts";

/** What a unit that stood in for an app has become. */
export interface ReadyUnit {
  readonly unit: AppUnit;
  /** Files whose change may change the app's code. */
  readonly inputs: readonly string[];
}

/** What makes units. */
export interface LateTools<Code extends UnitCode> extends BundleTools<Code> {
  /**
   * A unit that lets requests wait until the real one is made.
   * @param how.make never rejects
   * @param how.lazy whether the first request begins it, rather than its start
   */
  standIn(app: AppConfig, how: { readonly make: () => Promise<AppUnit>; readonly lazy: boolean }): AppUnit;
}

/** What late units take their places with. */
export interface LateUnitsTools {
  readonly clock: Clock;
  /** Puts units in the place of those that stood in for them. */
  readonly adopt: (prepared: ReadonlyMap<AppUnit, ReadyUnit>) => void;
  /** Called before the code of an app is read that nobody has asked for until now; must not reject. */
  readonly beforeLazy: () => Promise<unknown> | undefined;
}

/** Units that are ready take their places together: each change of the router costs as much as there are apps. */
const ADOPT_AFTER_MS = 100;

/** Makes them. */
export class LateUnits implements Disposable {
  readonly #tools: LateUnitsTools;
  #prepared = new Map<AppUnit, ReadyUnit>();
  #adoption: (() => void) | null = null;
  #isEnded = false;

  constructor(tools: LateUnitsTools) {
    this.#tools = tools;
  }

  /** @param onMade told when the code has been read, or has failed to be */
  standIn<Code extends UnitCode>(
    app: AppConfig,
    makers: LateTools<Code>,
    { lazy, onMade = () => {} }: { readonly lazy: boolean; readonly onMade?: () => void },
  ): AppUnit {
    const make = async () => {
      if (lazy) await this.#tools.beforeLazy();
      const prepared = await this.#prepare(app, makers, () => unit.pending > 0);
      this.#prepared.set(unit, prepared);
      onMade();
      this.#adoption ??= this.#tools.clock.after(ADOPT_AFTER_MS, () => this.#adoptAll());
      return prepared.unit;
    };
    const unit: AppUnit = makers.standIn(app, { make, lazy });
    return unit;
  }

  /** Nothing more takes its place. */
  [Symbol.dispose](): void {
    this.#isEnded = true;
    this.#adoption?.();
    this.#adoption = null;
  }

  #adoptAll(): void {
    this.#adoption = null;
    const all = this.#prepared;
    this.#prepared = new Map();
    this.#tools.adopt(all);
  }

  async #prepare<Code extends UnitCode>(
    app: AppConfig,
    makers: LateTools<Code>,
    isUrgent: () => boolean,
  ): Promise<ReadyUnit> {
    try {
      const code = await makers.bundle(app, isUrgent);
      return { unit: makers.supervise(app, code), inputs: code.inputs };
    } catch (error) {
      // It was ended with everything else: no failure of the app's, and nobody waits for it any more.
      if (this.#isEnded) return await new Promise<never>(() => {});
      return { unit: makers.broken(app, asFailure(app, error)), inputs: [] };
    }
  }
}
