/** The bindings of an app in the order in which host and isolate number them. */
import type { AppConfig, BindingConfig } from "../config/resolved_config.ts";

/** A binding of an app; static files without a name in `env` are one all the same. */
export type AppBinding = BindingConfig | { readonly kind: "assets"; readonly name: string | null };

/** All of them. */
export function appBindings({ assets, bindings }: AppConfig): readonly AppBinding[] {
  return assets === null ? bindings : [{ kind: "assets", name: assets.binding }, ...bindings];
}
