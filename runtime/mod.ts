/** The runtime's face for admin/ and the public module: what may be used from outside of runtime/. */
export {
  configLoader,
  loadConfig,
  type LoadOptions,
  maskedConfig,
  resolveConfig,
  type ResolveOptions,
} from "./config/load.ts";
export { deployedParts } from "./bundle/deployed_parts.ts";
export { type EntryReport, entryReport } from "./bundle/entry_report.ts";
export { assetRuleMistakes } from "./http/asset_rules.ts";
export { bundlePageScripts, type PageScripts } from "./bundle/page_scripts.ts";
export type { Compatibility } from "./config/compatibility.ts";
export type { EvalAnswer, EvalRequest } from "./bundle/eval_entry.ts";
export { type AppPatch, appPatchSchema, type NewApp, newAppSchema, writtenAppError } from "./config/written_app.ts";
export type { BuildCommand, ModuleRule, ProjectBuild } from "./config/project_build.ts";
export { withAddedApp } from "./config/added_app.ts";
export { JsonSyntaxError } from "./config/json_document.ts";
export { readWorkersProject, type WorkersProject } from "./config/workers_project.ts";
export { WranglerFileError } from "./config/wrangler_file.ts";
export { nearestKey } from "./config/nearest_key.ts";
export type {
  AdminConfig,
  AppConfig,
  AssetPlatform,
  AssetsConfig,
  BindingConfig,
  ConsumerConfig,
  CronConfig,
  FleetBinding,
  FleetConfig,
  FleetEngineConfig,
  FleetTlsConfig,
  HtmlHandling,
  InstallConfig,
  JsonValue,
  MigrationsConfig,
  MissingBinding,
  MissingPage,
  NanoConfig,
  ProjectReport,
  ServiceConfig,
  SinglePage,
} from "./config/resolved_config.ts";
export { findProcessGroups, type FoundGroups } from "./machine/process_groups.ts";
export { type KernelWalls, kernelWalls } from "./machine/kernel_walls.ts";
export { findProcessTools, type FoundTools } from "./config/process_tools.ts";
export type { ProcessTools } from "./config/process_walls.ts";
export { inTime } from "./deadline.ts";
export { APP_LIMIT_KEYS, writtenAppLimits } from "./config/resolve_limits.ts";
export {
  APP_LIMITS,
  type AppLimitKey,
  type AppLimits,
  HOST_LIMITS,
  type HostLimitKey,
  type HostLimits,
  type Limit,
  type PropertyOf,
} from "./config/limits.ts";
export {
  ERROR_CODES,
  type ErrorCode,
  type ErrorCodeEntry,
  messageOf,
  NanoError,
  type NanoErrorOptions,
} from "./errors.ts";
export {
  type AppLogEvent,
  type AppLogKind,
  type AppLogLevel,
  type AppSnapshot,
  type BindingCallEvent,
  type BindingFailedEvent,
  type BindingOutcome,
  type ConnectionClosedEvent,
  type ConnectionEvent,
  type CronDoneEvent,
  type CronId,
  EventHub,
  type KeptFiles,
  type NanoEvent,
  type NanoListener,
  type OperatorChangeEvent,
  type QueueBatchEvent,
  type QueueDeadLetterEvent,
  type ReloadSummary,
  type RequestEvent,
  type StopCause,
} from "./terms/events.ts";
export type { FlightEntry, FlightSink } from "./pool/flight_recorder.ts";
export type { Conviction } from "./store/quarantine_file.ts";
export { APP_STATE_NAMES, type AppStateName, type ExitReason } from "./terms/lifecycle.ts";
export { Nano } from "./nano.ts";
export type { NanoOptions } from "./nano_options.ts";
export type { DrainResult } from "./generations/wind_down.ts";
export type { Readiness } from "./generations/readiness.ts";
export type { Patience } from "./terms/app_call.ts";
export { REQUEST_ENDS, type RequestEnd } from "./terms/request_end.ts";
export { NANO_VERSION } from "./version.ts";
export { LastingServer, type LastingServerOptions } from "./http/lasting_server.ts";
export { systemClock } from "./clock.ts";
export { problemDocument } from "./http/problem.ts";
export {
  type AppOperations,
  type AppOrigin,
  CHANGE_ACTIONS,
  type ChangeAction,
  type ChangeRequest,
  type DeployRequest,
  type DrainOutcome,
  type HistoryEntry,
  type Operations,
  type SetAside,
  type VersionOperations,
  type VersionRole,
  type VersionView,
} from "./terms/operations.ts";
export type { StoreUse } from "./terms/store_use.ts";
export type { DataOperations } from "./terms/data_operations.ts";
export type { FailedAppView, FleetNodeView, FleetOperations, FleetView } from "./terms/fleet_operations.ts";
export type {
  D1DatabaseView,
  D1ExportOptions,
  D1ImportOutcome,
  D1MigrationFile,
  D1Migrations,
  D1Operations,
  D1Param,
  D1Result,
} from "./terms/d1_operations.ts";
export type {
  KvBulkOutcome,
  KvKeyPage,
  KvKeyQuery,
  KvKeyView,
  KvNamespaceView,
  KvOperations,
  KvPut,
  KvPutOptions,
  KvValueView,
} from "./terms/kv_operations.ts";
export type {
  QueueMessagePage,
  QueueMessageView,
  QueueOperations,
  QueuePageQuery,
  QueueRetryOutcome,
  QueueRetryRefusal,
  QueueSend,
  QueueView,
} from "./terms/queue_operations.ts";
export type { BackupOperations, BackupStoreView, BackupStream, BackupView } from "./terms/backup_operations.ts";
export type {
  R2BucketView,
  R2Metadata,
  R2ObjectPage,
  R2ObjectQuery,
  R2ObjectView,
  R2Operations,
  R2Value,
} from "./terms/r2_operations.ts";
export type {
  AppSeries,
  AppTick,
  LogBatch,
  LogFilter,
  LogLine,
  LogLineKind,
  Observations,
  RequestSummary,
} from "./observe/observations.ts";
export { type PackedFolder, packFolder, type PackOptions } from "./store/pack_folder.ts";
export {
  type AppLayer,
  type AppSource,
  type LayerReport,
  type LayerVersion,
  versionAppName,
  type WrittenEntry,
} from "./config/layers.ts";
export { inBursts } from "./wall/burst_reader.ts";
