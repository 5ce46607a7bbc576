/** Patterns of paths as Workers projects write them in `run_worker_first`. */
import { splitTarget } from "./asset_path.ts";

/**
 * Tells whether the path of a URL fits one of the patterns and none that begins with "!".
 * @param patterns such as "/api/*": "*" stands for any text, slashes included
 */
export function pathMatcher(patterns: readonly string[]): (url: string) => boolean {
  const wanted = patterns.filter((pattern) => !pattern.startsWith("!")).map(toRegExp);
  const unwanted = patterns.filter((pattern) => pattern.startsWith("!")).map((pattern) => toRegExp(pattern.slice(1)));
  return (url) => {
    const { path } = splitTarget(url);
    return wanted.some((one) => one.test(path)) && !unwanted.some((one) => one.test(path));
  };
}

function toRegExp(pattern: string): RegExp {
  return new RegExp(`^${pattern.split("*").map(RegExp.escape).join(".*")}$`);
}
