/** Makes the app that a folder of static files stands for. */

import type { AppBundle } from "./app_bundle.ts";
import type { AppEntry } from "./app_entry.ts";
import { sha256 } from "./input_stamp.ts";

const ENTRY_URL = "app:///static_site.js";

/** As entryFunction() makes one: the assets answer before the app does; what reaches it is not among them, unless the host serves none. */
const SITE = `export default [async () => ({
  default: {
    async fetch(request, env) {
      if (typeof env.ASSETS?.fetch === "function") return await env.ASSETS.fetch(request);
      return new Response("Not found\\n", { status: 404 });
    },
  },
}), true];
`;

/** The bundle of a static site; it needs no esbuild, and no cache. */
export async function staticSite({ root, file, singlePage = false }: AppEntry): Promise<AppBundle> {
  return {
    entry: ENTRY_URL,
    modules: { [ENTRY_URL]: SITE },
    version: (await sha256(new TextEncoder().encode(SITE))).slice(0, 12),
    inputs: [file],
    warnings: [],
    assets: root,
    singlePage,
  };
}
