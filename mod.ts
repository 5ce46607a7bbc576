/**
 * NANO as a library, and its command line when run as the main module.
 *
 * @example
 * ```ts no-eval
 * import { loadConfig, Nano } from "./mod.ts";
 * await using nano = await Nano.start(await loadConfig("nano.json"));
 * console.log(nano.url);
 * ```
 *
 * @module
 */
export {
  type AdminConfig,
  type AppConfig,
  type AppLogLevel,
  type AppSnapshot,
  type AppStateName,
  type CronConfig,
  ERROR_CODES,
  type ErrorCode,
  type ErrorCodeEntry,
  EventHub,
  type ExitReason,
  loadConfig,
  type LoadOptions,
  type NanoConfig,
  NanoError,
  type NanoErrorOptions,
  type NanoEvent,
  type NanoListener,
  type ReloadSummary,
  type RequestEvent,
  resolveConfig,
  type ResolveOptions,
} from "./runtime/mod.ts";

if (import.meta.main) {
  const { main } = await import("./admin/cli/main.ts");
  Deno.exit(await main(Deno.args));
}
