/** What each kind of binding does in the host. */
import { AssetsHost } from "../bindings/assets/host.ts";
import type { AppBinding } from "../app/app_bindings.ts";
import type { AssetFolder } from "../http/assets.ts";
import type { BindingHost, BindingKind } from "../protocol/binding_call.ts";

/** What bindings of one app work with. */
export interface BindingTools {
  /** The app's static files, or null. */
  readonly folder: AssetFolder | null;
}

type Maker = (binding: AppBinding, tools: BindingTools) => BindingHost;

const HOSTS: { readonly [Kind in BindingKind]: Maker } = {
  assets: (_binding, { folder }) => new AssetsHost(folder!),
};

/** Opens the host's part of a binding. */
export function bindingHost(binding: AppBinding, tools: BindingTools): BindingHost {
  return HOSTS[binding.kind](binding, tools);
}
