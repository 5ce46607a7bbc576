/** Which `node:` modules an app may import, and what the others say; the bundler and the isolate both ask here. */

/**
 * Node built-ins that reach nothing outside the isolate. A CommonJS `require` of one becomes a static import; of any
 * other it becomes a throw at the call, since packages often require "fs" in a branch that never runs, and a static
 * import could not wait.
 */
export const OFFERED_BUILTINS: readonly string[] = [
  "assert",
  "assert/strict",
  "async_hooks",
  "buffer",
  "crypto",
  "diagnostics_channel",
  "events",
  "path",
  "path/posix",
  "path/win32",
  "process",
  "punycode",
  "querystring",
  "stream",
  "stream/consumers",
  "stream/promises",
  "stream/web",
  "string_decoder",
  "timers",
  "timers/promises",
  "url",
  "util",
  "util/types",
  "zlib",
];

/** Why an import is refused. @param builtin whether Node has a module of that name */
export function refusalText(specifier: string, builtin: boolean, nodeCompat: boolean): string {
  if (!builtin) return `Cannot import "${specifier}": apps may import their own files and harmless node: modules`;
  if (!nodeCompat) return `Cannot import "${specifier}": "node_compat" of the app is off`;
  return `Cannot import "${specifier}": it reaches past the isolate; apps may import harmless node: modules only`;
}

/** Why a file of the app cannot be imported: the bundler has seen no import of it. */
export function missingFileText(url: string): string {
  return `Cannot import "${url}": a bundle holds only files whose names stand in the code, whole or as a template that ` +
    "begins with its folder (`./pages/${name}.ts`)";
}
