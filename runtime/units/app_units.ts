/** Makes what stands for an app in a generation: an isolate's supervisor, a static site, the files before either. */
import { KV_BUDGET_BYTES } from "../bindings/kv/host.ts";
import { ByteBudget } from "../data/byte_budget.ts";
import { join, sep } from "node:path";
import { AppAnswers } from "./app_answers.ts";
import { AppStorage } from "./app_storage.ts";
import type { BootAdmission } from "../pool/boot_admission.ts";
import { appBindings } from "../app/app_bindings.ts";
import { bindingHost } from "./binding_hosts.ts";
import { BrokenApp } from "./broken_app.ts";
import { type Quarantine, QuarantinedApp } from "./quarantined_app.ts";
import { MaskedIsolate } from "../app/masked_isolate.ts";
import { textMask } from "./text_mask.ts";
import { Supervisor } from "../app/supervisor.ts";
import type { AppIsolate } from "../app/supervisor_tools.ts";
import type { IsolateNeed } from "../pool/cell.ts";
import type { AppBundle } from "../bundle/bundler.ts";
import type { ReachRule } from "../bundle/app_reach.ts";
import { ENTRY_NAMES } from "../bundle/entry_files.ts";
import type { Clock } from "../clock.ts";
import { HTML_HANDLINGS } from "../config/html_handling.ts";
import type { AppConfig, AssetsConfig } from "../config/resolved_config.ts";
import type { KeptData } from "../data/kept_data.ts";
import { descriptors } from "../machine/descriptors.ts";
import { messageOf, type NanoError } from "../errors.ts";
import type { BindingOutcome, NanoEvent } from "../terms/events.ts";
import { OutboundWithBindings } from "./outbound_with_bindings.ts";
import { AssetFolder } from "../http/assets.ts";
import type { AppTarget } from "../terms/app_call.ts";
import { AppOutbound } from "../outbound/app_outbound.ts";
import { TracedOutbound } from "../outbound/traced_outbound.ts";
import { PreparingUnit } from "./preparing_unit.ts";
import type { AppUnit } from "../generations/reload.ts";
import { StaticSite } from "./static_site.ts";
import type { Tracer } from "../trace/tracer.ts";
import { versionMetadata } from "./version_metadata.ts";
import { UnitWithAssets } from "./unit_with_assets.ts";
import { NANO_VERSION } from "../version.ts";

/** What units work with. */
export interface UnitTools {
  readonly clock: Clock;
  readonly admission: BootAdmission;
  readonly takeIsolate: (need: IsolateNeed) => Promise<AppIsolate>;
  readonly emit: (event: NanoEvent) => void;
  /** Absolute paths of files that no folder of assets may show. */
  readonly hidden: readonly string[];
  /** Where bindings keep what apps give them. */
  readonly data: KeptData;
  /** Who takes the next request of an app, or null without such an app. */
  readonly targetOf: (app: string) => AppTarget | null;
  /** The same, and what no app may read of its own folder. */
  readonly secrets: readonly string[];
  /** How far an app's imports may go. */
  readonly reachOf: (app: AppConfig) => ReachRule;
  /** Null while Deno's OpenTelemetry is off. */
  readonly tracer: Tracer | null;
}

/** The unit of an app whose code is at hand. */
export function superviseApp(app: AppConfig, code: AppBundle, tools: UnitTools): AppUnit {
  const { clock, emit } = tools;
  const own = assetsOf(app, { ...tools, hidden: [...tools.hidden, ...entryOf(code)] });
  const folder = own ?? (code.clientFiles === undefined ? null : assetFolder(plainFolder(code.clientFiles), tools));
  if (code.assets !== null) {
    // Its files alone are the app: an isolate would only pass them on.
    // A project of files alone is asked as its own file says.
    const { singlePage = false, htmlHandling = HTML_HANDLINGS[0], platform = null } = app.assets ?? {};
    const files = assetFolder(
      {
        ...plainFolder(code.assets),
        singlePage: code.singlePage === true || (singlePage === "missing" ? singlePage : false),
        htmlHandling,
        platform,
      },
      tools,
    );
    const site = new StaticSite({ app, version: code.version, folder: files }, tools);
    return behind(folder, behind(files, site, tools), tools);
  }
  const mask = textMask(app, code.place);
  const { admission, takeIsolate } = tools;
  const supervisor = new Supervisor(app, { ...code, metadata: versionMetadata(app, code) }, {
    clock,
    random: Math.random,
    admission,
    takeIsolate: async (need) => {
      const isolate = await takeIsolate(need);
      return mask === null ? isolate : new MaskedIsolate(isolate, mask);
    },
    openOutbound: ({ outbound }) => {
      const takeDescriptor = () => descriptors.take({ app: app.name, client: null });
      const observer = {
        onDialed: (outcome: BindingOutcome) => emit({ event: "connection", app: app.name, outcome }),
        onClosed: () => emit({ event: "connection_closed", app: app.name }),
      };
      const plain = new AppOutbound(outbound, `NANO/${NANO_VERSION}`, { takeDescriptor, observer });
      const traced = tools.tracer === null ? plain : new TracedOutbound(plain, { app: app.name, tracer: tools.tracer });
      const bindingTools = { ...tools, app, folder, budget: new ByteBudget(KV_BUDGET_BYTES) };
      const hosts = appBindings(app, code.modules).map((binding) => bindingHost(binding, bindingTools));
      const whole = hosts.length === 0 ? traced : new OutboundWithBindings(traced, hosts);
      const rules = { path: app.path, reach: tools.reachOf(app), hidden: tools.secrets };
      const storage = new AppStorage(
        app,
        tools.data.thread,
        (operation, error) =>
          emit({ event: "binding_failed", app: app.name, binding: "localStorage", operation, error: messageOf(error) }),
      );
      const answers = new AppAnswers(rules, outbound, storage);
      return Object.assign(whole, { answers });
    },
    emit,
    nanoVersion: NANO_VERSION,
  });
  return behind(folder, supervisor, tools);
}

/**
 * The unit of an app whose code has yet to be read; its files are served meanwhile.
 * @param how.make must not reject
 * @param how.lazy whether the first request begins it, rather than its start
 */
export function standInFor(
  app: AppConfig,
  { make, lazy }: { readonly make: () => Promise<AppUnit>; readonly lazy: boolean },
  tools: UnitTools,
): AppUnit {
  return behind(assetsOf(app, tools), new PreparingUnit(app, make, { ...tools, lazy }), tools);
}

/** The unit of an app whose code could not be bundled; its files are served all the same. */
export function brokenApp(app: AppConfig, error: NanoError, tools: UnitTools): AppUnit {
  const text = [error.message, ...error.details].join("\n");
  tools.emit({ event: "app_failed", app: app.name, reason: "boot_failed", error: text });
  // Where it begins is not known: perhaps because its first module is the one with the mistake.
  const entries = [app.path, ...ENTRY_NAMES.map((name) => join(app.path, name))].filter((path) => /\.\w+$/.test(path));
  const folder = assetsOf(app, { ...tools, hidden: [...tools.hidden, ...entries] });
  return behind(folder, new BrokenApp(app, error, tools.clock.wall()), tools);
}

/** The file that an app begins in is the server's, also where it lies among the assets. */
function entryOf({ entry, inputs, assets }: AppBundle): readonly string[] {
  if (assets !== null || !URL.canParse(entry)) return [];
  const below = decodeURIComponent(new URL(entry).pathname);
  return inputs.filter((path) => path.endsWith(below)).slice(0, 1);
}

/** The unit of an app whose version is in quarantine; its files are served all the same. */
export function quarantinedApp(
  app: AppConfig,
  { code, quarantine }: { readonly code: AppBundle; readonly quarantine: Quarantine },
  tools: UnitTools,
): AppUnit {
  const { version, reason } = quarantine;
  tools.emit({ event: "app_quarantined", app: app.name, version, reason });
  const folder = assetsOf(app, { ...tools, hidden: [...tools.hidden, ...entryOf(code)] });
  return behind(folder, new QuarantinedApp(app, quarantine), tools);
}

function assetsOf({ assets }: AppConfig, tools: UnitTools): AssetFolder | null {
  return assets === null ? null : assetFolder(assets, tools);
}

function assetFolder(
  { path, singlePage, htmlHandling, platform }: ServedFolder,
  { clock, hidden }: UnitTools,
): AssetFolder {
  // Deployed versions lie in the state folder, which is hidden from all folders around it.
  const others = hidden.filter((one) => !path.startsWith(one + sep));
  return new AssetFolder(path, { singlePage, htmlHandling, platform, hidden: others, now: clock.now });
}

type ServedFolder = Pick<AssetsConfig, "path" | "singlePage" | "htmlHandling" | "platform">;

function plainFolder(path: string): ServedFolder {
  return { path, singlePage: false, htmlHandling: HTML_HANDLINGS[0], platform: null };
}

function behind(folder: AssetFolder | null, unit: AppUnit, tools: UnitTools): AppUnit {
  const { workerFirst = false, missingPage = "never" } = unit.app.assets ?? {};
  if (folder === null || workerFirst === true) return unit;
  return new UnitWithAssets(unit, folder, { ...tools, workerFirst, missingPage });
}
