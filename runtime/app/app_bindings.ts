/** The bindings of an app in the order in which host and isolate number them. */
import type { AppConfig, BindingConfig, ServiceConfig } from "../config/resolved_config.ts";

/** A binding of an app that calls the host; static files without a name in `env` are one all the same. */
export type AppBinding =
  | Exclude<BindingConfig, { readonly kind: "version_metadata" }>
  | { readonly kind: "assets"; readonly name: string | null }
  | { readonly kind: "service" } & Omit<ServiceConfig, "where">;

/** All of them. */
export function appBindings({ assets, bindings, services }: AppConfig): readonly AppBinding[] {
  const own: AppBinding[] = assets === null ? [] : [{ kind: "assets", name: assets.binding }];
  const called = bindings.filter((one): one is Extract<AppBinding, BindingConfig> => one.kind !== "version_metadata");
  return [...own, ...called, ...services.map((service) => ({ kind: "service", ...service }) as const)];
}
