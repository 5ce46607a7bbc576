/** The bindings of an app in the order in which host and isolate number them. */
import type { AppConfig, BindingConfig, ServiceConfig } from "../config/resolved_config.ts";
import { NODE_MODULES_URL } from "../protocol/host_calls.ts";

/** Of an app that names `openKv`. */
const DENO_KV_URL = `${NODE_MODULES_URL}deno_kv.js`;

/** A binding of an app that calls the host; static files without a name in `env` are one all the same. */
export type AppBinding =
  | Exclude<BindingConfig, { readonly kind: "version_metadata" }>
  | { readonly kind: "assets"; readonly name: string | null }
  | { readonly kind: "service" } & Omit<ServiceConfig, "where">
  /** `Deno.openKv`, of an app that names it. */
  | { readonly kind: "deno_kv"; readonly name: null };

/** All of them. @param modules of the app's code, by URL */
export function appBindings(
  { assets, bindings, services }: AppConfig,
  modules: Readonly<Record<string, string>>,
): readonly AppBinding[] {
  const own: AppBinding[] = assets === null ? [] : [{ kind: "assets", name: assets.binding }];
  const called = bindings.filter((one): one is Extract<AppBinding, BindingConfig> => one.kind !== "version_metadata");
  const others = services.map((service) => ({ kind: "service", ...service }) as const);
  const kv: AppBinding[] = DENO_KV_URL in modules ? [{ kind: "deno_kv", name: null }] : [];
  return [...own, ...called, ...others, ...kv];
}
