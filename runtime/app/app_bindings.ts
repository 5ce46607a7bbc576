/** The bindings of an app in the order in which host and isolate number them. */
import type { AppConfig } from "../config/resolved_config.ts";
import type { BindingKind } from "../protocol/binding_call.ts";

/** A binding of an app. */
export interface AppBinding {
  readonly kind: BindingKind;
  /** Its name in `env`, or null when it is not there. */
  readonly name: string | null;
  /** Which one of its kind. */
  readonly store: string;
}

/** All of them. */
export function appBindings({ assets, bindings }: AppConfig): readonly AppBinding[] {
  const own: AppBinding[] = assets === null ? [] : [{ kind: "assets", name: assets.binding, store: "" }];
  return [...own, ...bindings];
}
