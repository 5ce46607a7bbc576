/** What each kind of binding does in the host. */
import { AssetsHost } from "../bindings/assets/host.ts";
import { D1Host } from "../bindings/d1/host.ts";
import { DenoKvHost } from "../bindings/deno_kv/host.ts";
import { KvHost } from "../bindings/kv/host.ts";
import { QueueHost } from "../bindings/queue/host.ts";
import { R2Host } from "../bindings/r2/host.ts";
import { RateLimitHost } from "../bindings/rate_limit/host.ts";
import { ServiceHost } from "../bindings/service/host.ts";
import type { AppBinding } from "../app/app_bindings.ts";
import type { Clock } from "../clock.ts";
import { nameWithoutVersion } from "../config/binding_configs.ts";
import { MAX_DELAY_SECONDS } from "../config/consumer_configs.ts";
import type { AppConfig } from "../config/resolved_config.ts";
import type { ByteBudget } from "../data/byte_budget.ts";
import { d1Store } from "../data/d1_store.ts";
import { denoKvStore, MEMORY_STORES } from "../data/deno_kv_store.ts";
import type { KeptData } from "../data/kept_data.ts";
import type { NanoEvent } from "../terms/events.ts";
import { MeteredBinding } from "./metered_binding.ts";
import type { AssetFolder } from "../http/assets.ts";
import type { AppTarget } from "../terms/app_call.ts";
import type { Tracer } from "../trace/tracer.ts";
import type { BindingHost, BindingKind } from "../protocol/binding_call.ts";

/** What bindings of one app work with. */
export interface BindingTools {
  readonly app: AppConfig;
  /** The app's static files, or null. */
  readonly folder: AssetFolder | null;
  readonly data: KeptData;
  /** Of all bindings that keep data. */
  readonly budget: ByteBudget;
  readonly clock: Clock;
  readonly emit: (event: NanoEvent) => void;
  /** Null while Deno's OpenTelemetry is off. */
  readonly tracer: Tracer | null;
  /** Who takes the next request of an app, or null without such an app. */
  readonly targetOf: (app: string) => AppTarget | null;
}

type Maker<Binding> = (binding: Binding, tools: BindingTools) => BindingHost;

const HOSTS: { readonly [Kind in BindingKind]: Maker<Extract<AppBinding, { readonly kind: Kind }>> } = {
  assets: (_binding, { folder }) => new AssetsHost(folder!),
  kv: ({ store }, { app, data, budget, clock }) =>
    new KvHost({ store: data.kv(store), budget, maxBytes: app.storageMb * 1024 * 1024, now: clock.wall }),
  d1: ({ store }, { app, data, budget }) =>
    new D1Host({ store: d1Store(data.sql, app.name, store), budget, maxBytes: app.storageMb * 1024 * 1024 }),
  queue: ({ store, deliveryDelay }, { app, data, clock }) =>
    new QueueHost({
      store: data.queues.store(store),
      deliveryDelay,
      maxDelay: MAX_DELAY_SECONDS,
      maxBytes: app.storageMb * 1024 * 1024,
      now: clock.wall,
    }),
  r2: ({ store }, { app, data, budget }) =>
    new R2Host({ store: data.r2(store), budget, maxBytes: app.storageMb * 1024 * 1024 }),
  rate_limit: ({ limit, periodSeconds }, { clock }) => new RateLimitHost({ limit, periodSeconds, now: clock.now }),
  service: ({ name, app, entrypoint, props }, { clock, emit, targetOf }) => {
    const aim = { name, service: app, entrypoint, props: props === null ? "" : JSON.stringify(props) };
    return new ServiceHost(aim, { clock, emit, target: () => targetOf(app) });
  },
  deno_kv: (_binding, { app, data, budget, clock }) =>
    new DenoKvHost({
      store: denoKvStore(data.thread, `deno_kv/${nameWithoutVersion(app.name)}`),
      memory: () => denoKvStore(data.thread, `${MEMORY_STORES}${crypto.randomUUID()}`),
      budget,
      maxBytes: app.storageMb * 1024 * 1024,
      now: clock.wall,
    }),
};

/** Opens the host's part of a binding. */
export function bindingHost(binding: AppBinding, tools: BindingTools): BindingHost {
  const { app: { name }, clock, emit, tracer } = tools;
  const meter = { app: name, binding: binding.name ?? binding.kind, clock, emit, tracer };
  return new MeteredBinding((HOSTS[binding.kind] as Maker<AppBinding>)(binding, tools), meter);
}
