/** Reads the configuration anew and puts what changed in force. */
import { relayered } from "../config/fit_layers.ts";
import type { AppLayer } from "../config/layers.ts";
import type { NanoConfig } from "../config/resolved_config.ts";
import { NanoError } from "../errors.ts";
import type { NanoEvent, ReloadSummary } from "../terms/events.ts";
import type { AppSnapshot } from "../terms/app_view.ts";
import type { SetAside } from "../terms/operations.ts";
import { BrokenChange } from "./broken_change.ts";
import { fixedKeyChanges } from "./fixed_keys.ts";
import type { Generations } from "./generations.ts";
import type { AppUnit } from "./reload.ts";

/** What reloads work with. */
export interface ReloadsTools {
  readonly generations: Generations;
  /** As `NanoOptions.reloadConfig`. */
  readonly reloadConfig: ((layers: readonly AppLayer[]) => Promise<NanoConfig>) | undefined;
  /** Whether an edit that breaks an app takes effect: a developer wants to see what broke, an operator wants what works. */
  readonly tolerant: boolean;
  /**
   * Bundles apps of a configuration before their turn comes, so that nobody else's change waits for it; never rejects.
   * What it returns forgets the bundles.
   */
  readonly bundleAhead: (config: NanoConfig, only: ReadonlySet<string>) => Promise<() => void>;
  /** All that is kept over nano.json. */
  readonly layers: () => readonly AppLayer[];
  readonly isDraining: () => boolean;
  /** Told after each reload, whether it was taken or not. */
  readonly onEnd: () => void;
  readonly emit: (event: NanoEvent) => void;
}

/** Reloads, one after the other. */
export class ConfigReloads {
  readonly #tools: ReloadsTools;
  /** Of units in force: why what was meant to take their place does not start. */
  #refused = new WeakMap<AppUnit, string>();

  constructor(tools: ReloadsTools) {
    this.#tools = tools;
  }

  /** The configuration that NANO was started with, together with what was changed before. */
  async withKept(config: NanoConfig): Promise<NanoConfig> {
    const layers = this.#tools.layers();
    if (layers.length === 0) return config;
    const whole = await relayered(config, layers);
    this.#tellSetAside(whole, []);
    return whole;
  }

  /** @param known those that were told before */
  #tellSetAside({ layers }: NanoConfig, known: readonly SetAside[]): void {
    const textOf = ({ app, reasons }: SetAside) => `Kept changes of app "${app}" are set aside: ${reasons.join("; ")}`;
    const told = new Set(known.map(textOf));
    for (const text of layers.setAside.map(textOf)) if (!told.has(text)) this.#warn(text);
  }

  /** The configuration as it is written now, under these layers. */
  async read(layers: readonly AppLayer[]): Promise<NanoConfig> {
    const { generations, reloadConfig } = this.#tools;
    if (reloadConfig === undefined) return await relayered(generations.present.config, layers);
    const config = await reloadConfig(layers);
    if (config.layers.given.length === layers.length) return config;
    throw new NanoError("INTERNAL", "Cannot read the configuration: reloadConfig does not pass its layers on");
  }

  /**
   * Puts what changed in force, all or nothing.
   * @param only apps whose files changed; null looks at all
   * @throws {NanoError} CONFIG_INVALID with every mistake in `details`; nothing has changed then
   */
  reload(only: ReadonlySet<string> | null): Promise<ReloadSummary> {
    return this.#tools.generations.queue(() => this.#reloadNow(only));
  }

  /** The same for files that were edited. */
  async reloadEdited(only: ReadonlySet<string>): Promise<void> {
    const { bundleAhead, generations } = this.#tools;
    const forget = await bundleAhead(generations.present.config, only);
    try {
      await this.reload(only);
    } catch (error) {
      // What was refused stands in the log already; anything else is a fault of ours.
      if (!(error instanceof NanoError)) throw error;
    } finally {
      forget();
    }
  }

  /** What can be read of an app; of one that serves on because its last change was refused, with the reason. */
  snapshotOf(unit: AppUnit): AppSnapshot {
    const snapshot = unit.snapshot();
    const reason = this.#refused.get(unit);
    if (reason === undefined || snapshot.error !== null) return snapshot;
    return { ...snapshot, error: `Its last change is not in force: ${reason}` };
  }

  async #reloadNow(only: ReadonlySet<string> | null): Promise<ReloadSummary> {
    const { emit, generations, isDraining, layers, onEnd, tolerant } = this.#tools;
    if (isDraining()) throw new NanoError("APP_DRAINING", "Cannot reload: NANO is going away");
    try {
      const config = await this.read(layers());
      const before = generations.present.config;
      const keep = () => fixedKeyChanges(before, config).forEach((text) => this.#warn(text));
      const summary = await generations.advance(config, { strict: !tolerant, only, keep });
      this.#tellSetAside(config, before.layers.setAside);
      this.#forgive(only);
      const { added, removed, changed } = summary;
      if (only === null || added.length + removed.length + changed.length > 0) {
        emit({ event: "config_reload", ...summary });
      }
      return summary;
    } catch (error) {
      // What it worked with is being closed.
      if (isDraining()) throw new NanoError("APP_DRAINING", "Cannot reload: NANO is going away", { cause: error });
      const refused = error instanceof NanoError ? error : null;
      const errors = refused === null || refused.details.length === 0 ? [(error as Error).message] : refused.details;
      if (error instanceof BrokenChange) this.#refuse(error);
      emit({ event: "config_rejected", errors });
      throw error;
    } finally {
      onEnd();
    }
  }

  #refuse({ reasons }: BrokenChange): void {
    for (const [name, reason] of reasons) {
      const unit = this.#tools.generations.unit(name);
      if (unit !== null) this.#refused.set(unit, reason);
    }
  }

  /** What was looked at and taken is as it was meant; units that were replaced took their reasons along. */
  #forgive(only: ReadonlySet<string> | null): void {
    if (only === null) this.#refused = new WeakMap();
    for (const name of only ?? []) {
      const unit = this.#tools.generations.unit(name);
      if (unit !== null) this.#refused.delete(unit);
    }
  }

  #warn(text: string): void {
    this.#tools.emit({ event: "warning", text });
  }
}
