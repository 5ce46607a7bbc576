/** Limits from the way they are written in nano.json to the way they hold, and back. */
import {
  APP_LIMITS,
  type AppLimitKey,
  type AppLimits,
  HOST_LIMITS,
  type HostLimitKey,
  type HostLimits,
  type Limit,
  type PropertyOf,
  type WrittenLimits,
} from "./limits.ts";

/** Keys of the limits of an app, in the order of the table. */
export const APP_LIMIT_KEYS = Object.keys(APP_LIMITS) as readonly AppLimitKey[];

const HOST_LIMIT_KEYS = Object.keys(HOST_LIMITS) as readonly HostLimitKey[];

/** Asked for dozens of times an app, of a table of dozens. */
const properties = new Map<string, string>();

/** The property of a key of the tables; see {@linkcode PropertyOf}. */
export function propertyOf<Key extends string>(key: Key): PropertyOf<Key> {
  let property = properties.get(key);
  if (property === undefined) {
    property = key.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
    properties.set(key, property);
  }
  return property as PropertyOf<Key>;
}

/**
 * The limits of an app with all defaults.
 * @param written its own, with those of `defaults` already filled in
 */
export function resolveAppLimits(written: WrittenLimits<AppLimitKey>, host: HostLimits): AppLimits {
  const valueOf = (key: AppLimitKey): number => {
    const preset: Limit["default"] = APP_LIMITS[key].default;
    if (written[key] !== undefined) return written[key];
    if (typeof preset === "number") return preset;
    if (preset !== null && "app" in preset) return valueOf(preset.app as AppLimitKey);
    return host[propertyOf(preset!.host as HostLimitKey)]!;
  };
  return Object.fromEntries(APP_LIMIT_KEYS.map((key) => [propertyOf(key), valueOf(key)])) as AppLimits;
}

/** The limits of the host with all defaults. */
export function resolveHostLimits(written: WrittenLimits<HostLimitKey>): HostLimits {
  return Object.fromEntries(
    HOST_LIMIT_KEYS.map((key) => [propertyOf(key), written[key] ?? HOST_LIMITS[key].default]),
  ) as HostLimits;
}

/** Limits in the spelling of nano.json. */
export function writtenAppLimits(limits: AppLimits): { readonly [Key in AppLimitKey]: number } {
  return Object.fromEntries(APP_LIMIT_KEYS.map((key) => [key, limits[propertyOf(key)]])) as Record<AppLimitKey, number>;
}
