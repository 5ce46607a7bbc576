/** Whether an app comes up by its first request. */
import type { AppConfig } from "./resolved_config.ts";

/** From this many apps on `auto` is lazy: each that runs takes megabytes and part of a second. */
const LAZY_FROM_APPS = 100;

/** @param apps how many there are */
export function startsLazily({ starts }: Pick<AppConfig, "starts">, apps: number): boolean {
  return starts === "lazy" || (starts === "auto" && apps >= LAZY_FROM_APPS);
}
