/** What stands in `env` for each kind of binding. */
import { createAssets } from "../bindings/assets/isolate.ts";
import { createD1 } from "../bindings/d1/isolate.ts";
import { createKv } from "../bindings/kv/isolate.ts";
import { createQueue } from "../bindings/queue/isolate.ts";
import { createR2 } from "../bindings/r2/isolate.ts";
import { createRateLimit } from "../bindings/rate_limit/isolate.ts";
import { createService } from "../bindings/service/isolate.ts";
import type { BindingKind, BindingPort } from "../protocol/binding_call.ts";
import type { LoadedBinding } from "../protocol/messages.ts";
import { bytesOfValue } from "./bodies/value_bytes.ts";

/** Of those that stand in `env`; `Deno.openKv` makes of its own what it needs. */
const OBJECTS: {
  readonly [Kind in Exclude<BindingKind, "deno_kv">]: (port: BindingPort, name: string | null) => unknown;
} = {
  assets: createAssets,
  kv: createKv,
  d1: createD1,
  queue: (port) => createQueue(port, bytesOfValue),
  r2: createR2,
  rate_limit: createRateLimit,
  service: createService,
};

/** Makes the object that an app calls a binding by. @param name in `env` */
export function bindingObject({ kind, name }: LoadedBinding, port: BindingPort): unknown {
  return kind === "deno_kv" ? undefined : OBJECTS[kind](port, name);
}
