/** The bindings of an app in the order in which host and isolate number them. */
import type { AppConfig } from "../config/resolved_config.ts";
import type { BindingKind } from "../protocol/binding_call.ts";

/** A binding of an app. */
export interface AppBinding {
  readonly kind: BindingKind;
  /** Its name in `env`, or null when it is not there. */
  readonly name: string | null;
}

/** All of them. */
export function appBindings({ assets }: AppConfig): readonly AppBinding[] {
  return assets === null ? [] : [{ kind: "assets", name: assets.binding }];
}
