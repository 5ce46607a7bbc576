/** The refusal of a change that would break apps, and which apps those are. */
import { NanoError } from "../errors.ts";

/** An app that did not start, and why. */
export interface BootFailure<Unit> {
  readonly unit: Unit;
  readonly error: NanoError;
}

/** Tells of each app that a change would break, beside all lines together. */
export class BrokenChange extends NanoError {
  /** By the app's name: why what was meant to serve does not start. */
  readonly reasons: ReadonlyMap<string, string>;

  constructor(failures: readonly BootFailure<{ readonly app: { readonly name: string } }>[]) {
    const details = failures.flatMap(({ error }) => [error.message, ...error.details]);
    super("CONFIG_INVALID", `Cannot reload: ${failures.length} app(s) would break`, { details });
    this.reasons = new Map(failures.map(({ unit, error }) => [unit.app.name, error.message]));
  }
}
