/** Tags of apps: another text for every configuration and code. */
import { createHash } from "node:crypto";
import type { AppUnit } from "../generations/reload.ts";

/** The tag of an app, and what it was made of beside its configuration. */
interface Tag {
  readonly rollout: unknown;
  readonly version: string | null;
  readonly tag: string;
}

/** Makes tags once: a unit never changes its configuration, and its code no more once it has some; a list of 500 apps asks for 500 tags. */
export class AppTags {
  readonly #tags = new WeakMap<AppUnit, Tag>();

  /** @param rollout of the configuration in force, or null */
  of(unit: AppUnit, rollout: unknown): string {
    const known = this.#tags.get(unit);
    if (known !== undefined && known.rollout === rollout && known.version === unit.version) return known.tag;
    const text = JSON.stringify([unit.app, unit.version, rollout]);
    const tag = `"${createHash("sha256").update(text).digest("hex").slice(0, 16)}"`;
    this.#tags.set(unit, { rollout, version: unit.version, tag });
    return tag;
  }
}
