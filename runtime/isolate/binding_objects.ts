/** What stands in `env` for each kind of binding. */
import { createAssets } from "../bindings/assets/isolate.ts";
import { createKv } from "../bindings/kv/isolate.ts";
import { createRateLimit } from "../bindings/rate_limit/isolate.ts";
import type { BindingKind, BindingPort } from "../protocol/binding_call.ts";

const OBJECTS: { readonly [Kind in BindingKind]: (port: BindingPort) => unknown } = {
  assets: createAssets,
  kv: createKv,
  rate_limit: createRateLimit,
};

/** Makes the object that an app calls a binding by. */
export function bindingObject(kind: BindingKind, port: BindingPort): unknown {
  return OBJECTS[kind](port);
}
