/** Adds web-streams-polyfill to the modules of an app that asks for it. */
import { STREAM_POLYFILL_URL } from "../protocol/messages.ts";

/**
 * The bundle with the polyfill beside the app's own modules.
 *
 * Not a part of the isolates' bootstrap: there it cost every isolate 5 MB, asked for or not (docs/decisions/0007).
 */
export async function withStreamPolyfill<Bundle extends { readonly modules: Readonly<Record<string, string>> }>(
  bundle: Bundle,
): Promise<Bundle> {
  return { ...bundle, modules: { ...bundle.modules, [STREAM_POLYFILL_URL]: await readPolyfill() } };
}

/**
 * The package's one file as text. Deno finds it wherever it keeps packages, in a compiled binary too: only the graph of
 * modules leads there, as there is no node_modules whose path could be told. Its version is fixed by NANO's deno.json.
 */
async function readPolyfill(): Promise<string> {
  // TypeScript takes it for the module that it would be without the attribute.
  const module: { default?: unknown } = await import("web-streams-polyfill", { with: { type: "text" } });
  if (typeof module.default !== "string") throw new TypeError("web-streams-polyfill did not come as text");
  return module.default;
}
