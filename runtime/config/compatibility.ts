/** Which runtime a Workers project was written for: what of it an app of NANO is told, and where the two differ by date. */

/** `compatibility_date` and `compatibility_flags` of a project's file. */
export interface Compatibility {
  /** As 2026-01-31, or null. */
  readonly date: string | null;
  /** As they are written. */
  readonly flags: readonly string[];
}

/** From which date a flag holds without being named, and what takes it back (developers.cloudflare.com, "Compatibility flags"). */
const DATED: Readonly<Record<string, { readonly since: string; readonly not: string }>> = {
  assets_navigation_prefers_asset_serving: { since: "2025-04-01", not: "assets_navigation_has_no_effect" },
  websocket_standard_binary_type: { since: "2026-03-17", not: "no_websocket_standard_binary_type" },
};

/** Flags that hold: those that are named, and those that NANO looks at and the date brings. */
export function compatibilityFlags({ date, flags }: Compatibility): string[] {
  const dated = Object.entries(DATED).filter(([, { since, not }]) => {
    return date !== null && date >= since && !flags.includes(not);
  });
  return [...new Set([...flags, ...dated.map(([flag]) => flag)])];
}
