/** Patterns of paths as Workers projects write them in `run_worker_first` and `_routes.json`. */
import { targetParts } from "./asset_path.ts";

/**
 * Tells whether the path of a URL fits one of the patterns and none that begins with "!".
 * @param patterns such as "/api/*": "*" stands for any text, slashes included
 */
export function pathMatcher(patterns: readonly string[]): (url: string) => boolean {
  const wanted = patterns.filter((pattern) => !pattern.startsWith("!")).map(matcher);
  const unwanted = patterns.filter((pattern) => pattern.startsWith("!")).map((pattern) => matcher(pattern.slice(1)));
  return (url) => {
    const { path } = targetParts(url);
    return wanted.some((fits) => fits(path)) && !unwanted.some((fits) => fits(path));
  };
}

/**
 * Looks for the texts between the stars from left to right, each once: an app writes its patterns itself, and as a
 * regular expression n stars take the n-th power of the path's length to fail, on the thread of all apps.
 */
function matcher(pattern: string): (path: string) => boolean {
  const [first, ...rest] = pattern.split("*") as [string, ...string[]];
  const last = rest.pop();
  if (last === undefined) return (path) => path === first;
  return (path) => {
    if (path.length < first.length + last.length || !path.startsWith(first) || !path.endsWith(last)) return false;
    const end = path.length - last.length;
    let at = first.length;
    for (const text of rest) {
      const found = path.indexOf(text, at);
      if (found < 0 || found + text.length > end) return false;
      at = found + text.length;
    }
    return true;
  };
}
