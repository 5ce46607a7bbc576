/** The bindings of an app in the order in which host and isolate number them. */
import type { AppConfig, BindingConfig } from "../config/resolved_config.ts";

/** A binding of an app; static files without a name in `env` are one all the same. */
export type AppBinding =
  | BindingConfig
  | { readonly kind: "assets"; readonly name: string | null }
  | { readonly kind: "service"; readonly name: string; readonly app: string };

/** All of them. */
export function appBindings({ assets, bindings, services }: AppConfig): readonly AppBinding[] {
  const own: AppBinding[] = assets === null ? [] : [{ kind: "assets", name: assets.binding }];
  return [...own, ...bindings, ...services.map(({ name, app }) => ({ kind: "service", name, app }) as const)];
}
