/** The configuration as the rest of NANO reads it: defaults applied, paths absolute, secrets read. */
import type { AssetPlatform } from "./asset_platform.ts";
import type { BindingConfig } from "./binding_configs.ts";
import type { ConsumerConfig } from "./consumer_configs.ts";
import type { Compatibility } from "./compatibility.ts";
import type { FleetConfig } from "./fleet_config.ts";
import type { HtmlHandling } from "./html_handling.ts";
import type { AppLayer, LayerReport } from "./layers.ts";
import type { AppLimits, HostLimits } from "./limits.ts";
import type { MissingBinding } from "./missing_bindings.ts";
import type { ProjectBuild } from "./project_build.ts";
import type { JsonValue, MissingPage, SinglePage } from "./workers_project.ts";

export type { AssetPlatform } from "./asset_platform.ts";
export type { HtmlHandling } from "./html_handling.ts";
export type { BindingConfig, MigrationsConfig } from "./binding_configs.ts";
export type { ConsumerConfig } from "./consumer_configs.ts";
export type { FleetBinding, FleetConfig, FleetEngineConfig, FleetTlsConfig } from "./fleet_config.ts";
export type { MissingBinding } from "./missing_bindings.ts";
export type { JsonValue, MissingPage, SinglePage } from "./workers_project.ts";

/** Everything that one nano.json says, with the limits of {@linkcode HOST_LIMITS}: `drainTimeoutMs` and so on. */
export interface NanoConfig extends HostLimits {
  /** Absolute path of nano.json, or null when the configuration was made up (`nano dev`). */
  readonly file: string | null;
  /** Address of the public listener. */
  readonly hostname: string;
  /** Port of the public listener; 0 picks a free one. */
  readonly port: number;
  /** Absolute paths of PEM files, or null for plain HTTP. */
  readonly tls: { readonly cert: string; readonly key: string } | null;
  /** The admin listener, or false without one. */
  readonly admin: false | AdminConfig;
  /** Absolute path of the folder of what NANO itself keeps. */
  readonly stateDir: string;
  /** Address ranges as `address/prefix`. */
  readonly trustedProxies: readonly string[];
  /** Name of the app that gets requests whose host nobody claims. */
  readonly defaultApp: string | null;
  /** How the npm packages of apps are installed. */
  readonly install: InstallConfig;
  /** What is logged, and how. */
  readonly log: {
    readonly level: "debug" | "info" | "warn" | "error";
    readonly format: "json" | "pretty";
  };
  /** What this NANO does in a fleet, or null when it is alone. */
  readonly fleet: FleetConfig | null;
  /** The apps, in the order of the file; those that the admin API added follow. */
  readonly apps: readonly AppConfig[];
  /** Absolute paths of the files that variables of apps are read from, sorted. */
  readonly secretFiles: readonly string[];
  /** What the admin API laid over nano.json. */
  readonly layers: LayerReport;
  /**
   * The same document with other layers, whatever the file holds by now; what lies outside of it (variables, files of
   * secrets) is read anew.
   *
   * @throws {NanoError} CONFIG_INVALID with every mistake of the document in `details`
   */
  readonly withLayers: (layers: readonly AppLayer[]) => Promise<NanoConfig>;
}

/** The admin listener. */
export interface AdminConfig {
  /** Address to listen on. */
  readonly hostname: string;
  /** 0 picks a free one. */
  readonly port: number;
  /** Bearer token, or null when one is to be generated. */
  readonly token: string | null;
}

/** How packages are installed. */
export interface InstallConfig {
  /** URL of the registry, or null for the installer's own. */
  readonly registry: string | null;
  /** For that registry only. */
  readonly token: string | null;
  /** Whether uploaded versions get packages too. */
  readonly uploads: boolean;
  /** How long one installation may take, in milliseconds. */
  readonly timeoutMs: number;
}

/** One app, with its limits: `memoryMb`, `cpuMs` and all others of {@linkcode APP_LIMITS}. */
export interface AppConfig extends AppLimits {
  /** Unique. */
  readonly name: string;
  /** Absolute path of a folder or an entry file. */
  readonly path: string;
  /** Absolute path of the folder that its imports and links may reach, or null for the workspace that is found. */
  readonly root: string | null;
  /** Hosts or `*.` patterns: lower case, no trailing dot, no port. */
  readonly hostnames: readonly string[];
  /** Port of a listener of its own, or null. */
  readonly port: number | null;
  /** The app's variables, secrets included. */
  readonly env: Readonly<Record<string, string>>;
  /** Names of the variables that must never be shown, sorted. */
  readonly secrets: readonly string[];
  /** Whether its isolate is a thread of this process or a process of its own. */
  readonly isolation: "worker" | "process";
  /** Whether it finds the web platform, or all of Deno and Node; that only in a process of its own. */
  readonly compat: "web" | "full";
  /** Programs that it may start, by name or absolute path. */
  readonly run: readonly string[];
  /** Whether it may load native code. */
  readonly ffi: boolean;
  /** Whose stream classes the app finds as globals. */
  readonly streams: "native" | "polyfill";
  /** The folder of static files, or null. */
  readonly assets: AssetsConfig | null;
  /** What it finds in `env` beside texts and `assets`. */
  readonly bindings: readonly BindingConfig[];
  /** Where the app may connect to: a policy, or a list of hosts and `*.` patterns. */
  readonly outbound: "public" | "none" | "any" | readonly string[];
  /** Whether harmless `node:` modules may be imported. */
  readonly nodeCompat: boolean;
  /** When it comes up; see {@linkcode startsLazily}. */
  readonly starts: "eager" | "lazy" | "auto";
  /** When `scheduled` is called. */
  readonly crons: readonly CronConfig[];
  /** Queues whose messages `queue` gets. */
  readonly consumers: readonly ConsumerConfig[];
  /** Absolute path of the first module, or null for the one that is found by its name. */
  readonly main: string | null;
  /** Variables that are no texts, as a Workers project's `vars` may be: in `env` only. */
  readonly jsonVars: Readonly<Record<string, JsonValue>>;
  /** Other apps that it calls by `env.NAME.fetch`. */
  readonly services: readonly ServiceConfig[];
  /** What was read of the Workers project in its folder, or null when it is none. */
  readonly project: ProjectReport | null;
}

/** What a Workers project's file came to. */
export interface ProjectReport {
  /** Its name, as seen from the app's folder. */
  readonly file: string;
  /** Why it cannot be read; the app fails with it. */
  readonly error: string | null;
  /** How its code is bundled. */
  readonly build: ProjectBuild;
  /** Bindings that it asks for and NANO does not have. */
  readonly missing: readonly MissingBinding[];
  /** Which runtime it was written for. */
  readonly compatibility: Compatibility;
  /** What else of it has no effect, each a sentence with its line. */
  readonly notes: readonly string[];
}

/** Another app that an app calls. */
export interface ServiceConfig {
  /** In `env`. */
  readonly name: string;
  /** Name of the app; there may be none of it. */
  readonly app: string;
  /** Name of the class or object among the app's exports that answers. */
  readonly entrypoint: string;
  /** What the app finds in `ctx.props`, or null. */
  readonly props: JsonValue;
  /** Where it is asked for, such as "wrangler.jsonc, line 12". */
  readonly where: string;
}

/** A folder of static files. */
export interface AssetsConfig {
  /** Absolute. */
  readonly path: string;
  /** What the app finds it by in `env`, or null when it does not. */
  readonly binding: string | null;
  /** Whether the app is asked before the files: always, never, or on paths that fit these patterns. */
  readonly workerFirst: boolean | readonly string[];
  /**
   * Whether paths without a file get /index.html: when the client accepts HTML, or ("missing", as Workers have it) those
   * that `missingPage` says.
   */
  readonly singlePage: SinglePage;
  /** Which requests for what is no file get /404.html, or /index.html of such a single page, instead of the app: none, all, or those that a browser goes to. */
  readonly missingPage: MissingPage;
  /** At which paths its pages are found. */
  readonly htmlHandling: HtmlHandling;
  /** Whose manners it has: those of the kind of project that names it, or NANO's own. */
  readonly platform: AssetPlatform;
}

/** When `scheduled` is called. */
export interface CronConfig {
  /** Minute, hour, day of the month, month, day of the week. */
  readonly schedule: string;
  /** What logs and metrics call it. */
  readonly name: string;
}
