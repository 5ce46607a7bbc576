/** The last figures of all apps, as the admin API streams them. */
import type { AppStateName } from "../../../runtime/mod.ts";
import type { Tick } from "../../schemas/app_schemas.ts";

/** The last figures of one app. */
export type LiveTick = Omit<Tick, "state"> & { readonly state: AppStateName };

/** How many apps there are, those that nobody has asked for included; null when the event is another. */
export function totalOf(event: string, data: unknown): number | null {
  return event === "apps" ? (data as { readonly total: number }).total : null;
}

/** One for each app that was asked for, or null when the event is another. @param data of an event of `/admin/stats` */
export function ticksOf(event: string, data: unknown): readonly LiveTick[] | null {
  return event === "tick" ? data as readonly LiveTick[] : null;
}
