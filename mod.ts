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
  type AssetsConfig,
  type CronConfig,
  type CronDoneEvent,
  type CronId,
  type DrainResult,
  ERROR_CODES,
  type ErrorCode,
  type ErrorCodeEntry,
  EventHub,
  type ExitReason,
  loadConfig,
  type LoadOptions,
  Nano,
  NANO_VERSION,
  type NanoConfig,
  NanoError,
  type NanoErrorOptions,
  type NanoEvent,
  type NanoListener,
  type NanoOptions,
  type Readiness,
  type ReloadSummary,
  type RequestEvent,
  resolveConfig,
  type ResolveOptions,
} from "./runtime/mod.ts";

if (import.meta.main) {
  const { main } = await import("./admin/cli/main.ts");
  Deno.exit(await main(Deno.args));
}
