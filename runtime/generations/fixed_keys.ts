/** The keys of nano.json that only a restart puts in force. */
import type { NanoConfig } from "../config/resolved_config.ts";

const FIXED_KEYS = ["hostname", "port", "tls", "stateDir", "admin", "fleet"] as const;

/** One sentence for each of these keys that a reload finds changed. */
export function fixedKeyChanges(present: NanoConfig, next: NanoConfig): string[] {
  return FIXED_KEYS.filter((key) => JSON.stringify(present[key]) !== JSON.stringify(next[key]))
    .map((key) => `The change of "${key === "stateDir" ? "state_dir" : key}" takes effect after a restart`);
}
