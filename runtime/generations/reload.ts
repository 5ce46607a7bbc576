/** From one generation of apps to the next: everything new boots first, then one assignment, then the old drains. */
import type { AppConfig, NanoConfig } from "../config/resolved_config.ts";
import { startsLazily } from "../config/starts_lazily.ts";
import { diffApps } from "../config/diff.ts";
import { inTime } from "../deadline.ts";
import { messageOf, NanoError } from "../errors.ts";
import type { AppSnapshot, ReloadSummary } from "../terms/events.ts";
import type { AppCall, AppTarget } from "../terms/app_call.ts";
import type { Parkable } from "../app/parking.ts";
import { Router } from "../http/router.ts";
import { type BootFailure, BrokenChange } from "./broken_change.ts";
import { splitTarget } from "./split_target.ts";
import type { AppStateName, ExitReason } from "../terms/lifecycle.ts";

/** One app of a generation; Supervisor and BrokenApp fit. */
export interface AppUnit {
  readonly app: AppConfig;
  readonly version: string | null;
  readonly state: AppStateName;
  readonly pending: number;
  readonly openSockets: number;
  /** How its isolate is parked before its time; null or missing while that may not be. */
  readonly parkable?: Parkable | null;
  /** Whether nobody has asked for it yet, and its code has not been read either. */
  readonly isUnread?: boolean;
  /** Settles when its code, which is being read, has been; null or missing once it is known. */
  readonly prepared?: Promise<void> | null;
  fetch(call: AppCall): void;
  start(): Promise<void>;
  stop(timeoutMs?: number): Promise<ExitReason>;
  snapshot(): AppSnapshot;
}

/** The code of an app, and the files it was made from. */
export interface UnitCode {
  readonly version: string;
  readonly inputs: readonly string[];
}

/** What makes units of apps whose code is read. */
export interface BundleTools<Code extends UnitCode> {
  /**
   * @param isUrgent whether requests wait for it
   * @throws {NanoError} when the app's code cannot be bundled
   */
  bundle(app: AppConfig, isUrgent?: () => boolean): Promise<Code>;
  supervise(app: AppConfig, code: Code): AppUnit;
  broken(app: AppConfig, error: NanoError): AppUnit;
}

/** What a reload works with. */
export interface ReloadTools<Code extends UnitCode> extends BundleTools<Code> {
  /** The unit of an app whose code is read when somebody asks for it. */
  lazy(app: AppConfig): AppUnit;
}

/** A configuration and its apps; never changed once it is in force. */
export interface Generation {
  readonly config: NanoConfig;
  readonly units: ReadonlyMap<string, AppUnit>;
  /** Files whose change may change an app's code, by app; none for one whose code was not read. */
  readonly inputs: ReadonlyMap<string, readonly string[]>;
}

/** The generation before the first. */
export function emptyGeneration(config: NanoConfig): Generation {
  return { config: { ...config, apps: [] }, units: new Map(), inputs: new Map() };
}

/** A generation that is ready to be put in force, or to be thrown away. */
export interface PreparedReload {
  readonly next: Generation;
  readonly summary: ReloadSummary;
  /** Units of the generation before that have no place in the next. */
  readonly retired: readonly AppUnit[];
  /** Units whose code was being read already: whether it is the newest can be told later only. */
  readonly postponed: readonly AppUnit[];
  /** Ends what was started for nothing. */
  discard(): Promise<void>;
}

/** How {@linkcode prepareReload} goes about it. */
export interface ReloadOptions {
  readonly strict: boolean;
  readonly only: ReadonlySet<string> | null;
  readonly force?: ReadonlySet<string>;
  readonly isUnasked?: boolean;
  readonly patienceMs?: number;
  readonly signal?: AbortSignal;
}

/** States of an app that did not work already; that it still does not refuses nobody's change. */
const BROKEN: ReadonlySet<AppStateName> = new Set(["failed", "backoff", "crash_loop", "quarantined"]);

type Outcome<Code> =
  | { readonly app: AppConfig; readonly code: Code }
  | { readonly app: AppConfig; readonly lazy: true }
  | { readonly app: AppConfig; readonly error: NanoError };

/**
 * Bundles and boots what has changed.
 *
 * @param options.strict whether an app that breaks by this change refuses the whole reload; the first start is tolerant
 * @param options.only apps whose files changed; null looks at all
 * @param options.force apps that get another isolate even if nothing changed
 * @param options.isUnasked whether nobody waits for whether the apps that are new work: lazy ones begin with their first request
 * @param options.patienceMs after this apps that still start are taken as they are; by default each start is awaited
 * @param options.signal refuses the reload whose apps still start: their starts may take minutes, and nobody waits any more
 * @throws {NanoError} CONFIG_INVALID with every broken app in `details`, APP_DRAINING when it was aborted; nothing of the present generation is touched
 */
export async function prepareReload<Code extends UnitCode>(
  present: Generation,
  config: NanoConfig,
  tools: ReloadTools<Code>,
  options: ReloadOptions,
): Promise<PreparedReload> {
  const { only, force = new Set(), isUnasked = false } = options;
  const diff = diffApps(present.config.apps, config.apps);
  const otherConfig = new Set([...diff.added, ...diff.changed]);
  const mayStay = ({ name }: AppConfig) => !otherConfig.has(name) && !force.has(name);
  const postponed: AppUnit[] = [];
  const outcomes = new Map<string, Outcome<Code>>();
  const bundled: Promise<void>[] = [];
  for (const app of config.apps) {
    const isSame = mayStay(app);
    if (isSame && only !== null && !only.has(app.name)) continue;
    const old = present.units.get(app.name);
    // What has not been read needs no other reading.
    if (isSame && old?.isUnread === true) continue;
    // Whoever changes one app wants to know whether it works.
    const isForAll = (only === null || isUnasked) && (old === undefined || old.isUnread === true);
    if (isForAll && !force.has(app.name) && startsLazily(app, config.apps.length)) {
      outcomes.set(app.name, { app, lazy: true });
    } else if (isSame && old !== undefined && (old.prepared ?? null) !== null) {
      // Its packages may take minutes, and nobody else's change has to wait for them.
      postponed.push(old);
    } else bundled.push(outcomeOf(app, tools).then((outcome) => void outcomes.set(app.name, outcome)));
  }
  await Promise.all(bundled);

  const units = new Map<string, AppUnit>();
  const inputs = new Map<string, readonly string[]>();
  const fresh: AppUnit[] = [];
  const changed = new Set(diff.changed);
  for (const app of config.apps) {
    const outcome = outcomes.get(app.name) ?? null;
    const old = present.units.get(app.name);
    const isSame = old !== undefined && mayStay(app) &&
      (outcome === null || ("code" in outcome && outcome.code.version === old.version));
    const own = outcome !== null && "code" in outcome ? outcome.code.inputs : present.inputs.get(app.name);
    if (own !== undefined) inputs.set(app.name, own);
    if (isSame) {
      units.set(app.name, old);
      continue;
    }
    const unit = unitOf(outcome!, tools);
    if (old !== undefined) changed.add(app.name);
    units.set(app.name, unit);
    fresh.push(unit);
  }

  const discard = async () => {
    await Promise.all(fresh.map((unit) => unit.stop(0)));
  };
  const failures: BootFailure<AppUnit>[] = [];
  const boot = bootAll(fresh, failures);
  await unlessAborted(options.patienceMs === undefined ? boot : inTime(boot, options.patienceMs), options.signal);
  if (options.signal?.aborted) {
    await discard();
    throw new NanoError("APP_DRAINING", "Cannot reload: NANO is going away");
  }
  if (options.strict) {
    // An app that was broken before and still is must not hold down everybody else's changes.
    const blocking = failures.filter(({ unit }) => {
      const old = present.units.get(unit.app.name);
      // One that nobody asked for may work for all that is known; another without a version was broken before.
      return old === undefined || old.isUnread === true || (old.version !== null && !BROKEN.has(old.state));
    });
    if (blocking.length > 0) {
      await discard();
      throw new BrokenChange(blocking);
    }
  }
  const retired = [...present.units.values()].filter((unit) => units.get(unit.app.name) !== unit);
  const summary: ReloadSummary = {
    added: diff.added,
    removed: diff.removed,
    changed: [...changed],
    unchanged: diff.unchanged.filter((name) => !changed.has(name)),
  };
  return { next: { config, units, inputs }, summary, retired, postponed, discard };
}

async function outcomeOf<Code extends UnitCode>(app: AppConfig, tools: ReloadTools<Code>): Promise<Outcome<Code>> {
  try {
    return { app, code: await tools.bundle(app) };
  } catch (error) {
    return { app, error: asFailure(app, error) };
  }
}

function unitOf<Code extends UnitCode>(outcome: Outcome<Code>, tools: ReloadTools<Code>): AppUnit {
  if ("lazy" in outcome) return tools.lazy(outcome.app);
  return "code" in outcome ? tools.supervise(outcome.app, outcome.code) : tools.broken(outcome.app, outcome.error);
}

async function bootAll(units: readonly AppUnit[], failures: BootFailure<AppUnit>[]): Promise<void> {
  await Promise.all(units.map(async (unit) => {
    try {
      await unit.start();
    } catch (error) {
      failures.push({ unit, error: asFailure(unit.app, error) });
    }
  }));
}

/** Settles with the work, or when nobody waits for it any more. */
async function unlessAborted(work: Promise<unknown>, signal: AbortSignal | undefined): Promise<void> {
  if (signal === undefined) return void await work;
  const aborted = Promise.withResolvers<void>();
  const onAbort = () => aborted.resolve();
  if (signal.aborted) onAbort();
  signal.addEventListener("abort", onAbort);
  await Promise.race([work, aborted.promise]);
  signal.removeEventListener("abort", onAbort);
}

/** Whatever kept an app from starting, as a NanoError. */
export function asFailure(app: AppConfig, error: unknown): NanoError {
  if (error instanceof NanoError) return error;
  return new NanoError("APP_FAILED", `Cannot start app "${app.name}": ${messageOf(error)}`, { cause: error });
}

/** Who takes the requests of each app: its unit, or two of which one is chosen for each request. */
export function targetsOf({ config, units }: Generation): Map<string, AppTarget> {
  return new Map([...units].map(([name, unit]) => {
    const rollout = config.layers.rollouts[name];
    const candidate = rollout === undefined ? undefined : units.get(rollout.app);
    return [name, candidate === undefined ? unit : splitTarget(unit, candidate, rollout!.percent)];
  }));
}

/**
 * The router of a generation.
 * @param targets as {@linkcode targetsOf} has them
 * @param leaving removed apps that still drain: their hosts say so until somebody else claims them
 */
export function routerOf(
  { config }: Generation,
  targets: ReadonlyMap<string, AppTarget>,
  leaving: Iterable<AppUnit>,
): Router {
  const routes = [...leaving].map((unit) => ({ hostnames: unit.app.hostnames, target: unit as AppTarget }));
  for (const app of config.apps) routes.push({ hostnames: app.hostnames, target: targets.get(app.name)! });
  return new Router(routes, config.defaultApp === null ? null : targets.get(config.defaultApp) ?? null);
}
