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
  APP_LIMITS,
  type AppConfig,
  type AppLayer,
  type AppLimitKey,
  type AppLimits,
  type AppLogEvent,
  type AppLogKind,
  type AppLogLevel,
  type AppOperations,
  type AppOrigin,
  type AppSeries,
  type AppSnapshot,
  type AppSource,
  type AppStateName,
  type AppTick,
  type AssetsConfig,
  type BindingConfig,
  CHANGE_ACTIONS,
  type ChangeAction,
  type ChangeRequest,
  type Conviction,
  type CronConfig,
  type CronDoneEvent,
  type CronId,
  type DeployRequest,
  type DrainOutcome,
  type DrainResult,
  ERROR_CODES,
  type ErrorCode,
  type ErrorCodeEntry,
  EventHub,
  type ExitReason,
  type FlightEntry,
  type FlightSink,
  type HistoryEntry,
  HOST_LIMITS,
  type HostLimitKey,
  type HostLimits,
  type InstallConfig,
  type JsonValue,
  type LayerReport,
  type LayerVersion,
  type Limit,
  loadConfig,
  type LoadOptions,
  type LogBatch,
  type LogFilter,
  type LogLine,
  type LogLineKind,
  type MissingBinding,
  Nano,
  NANO_VERSION,
  type NanoConfig,
  NanoError,
  type NanoErrorOptions,
  type NanoEvent,
  type NanoListener,
  type NanoOptions,
  type Observations,
  type Operations,
  type OperatorChangeEvent,
  type Patience,
  type ProjectReport,
  type PropertyOf,
  type Readiness,
  type ReloadSummary,
  REQUEST_ENDS,
  type RequestEnd,
  type RequestEvent,
  type RequestSummary,
  resolveConfig,
  type ResolveOptions,
  type SetAside,
  type VersionOperations,
  type VersionRole,
  type VersionView,
  type WrittenEntry,
} from "./runtime/mod.ts";

if (import.meta.main) {
  const { main } = await import("./admin/cli/main.ts");
  Deno.exit(await main(Deno.args));
}
