/** The bindings of nano.json that lead to other apps. */
import type { WrittenBinding } from "./binding_configs.ts";
import type { JsonValue, ServiceConfig } from "./resolved_config.ts";

/** Resolves them. */
export function resolvedServices(written: Readonly<Record<string, WrittenBinding>>): ServiceConfig[] {
  return Object.entries(written).flatMap(([name, { service, entrypoint = "default", props }]): ServiceConfig[] => {
    if (service === undefined) return [];
    return [{ name, app: service, entrypoint, props: (props ?? null) as JsonValue, where: `"bindings" of nano.json` }];
  });
}
