/** Tells which methods a path takes, for an answer with 405. */
import type { RouterRoute } from "hono/types";

/** The methods of all routes whose path fits, sorted; empty when none does. Middleware counts for nothing. */
export function allowedMethods(routes: readonly RouterRoute[], path: string): string[] {
  const methods = new Set<string>();
  for (const route of routes) if (route.method !== "ALL" && fits(route.path, path)) methods.add(route.method);
  if (methods.has("GET")) methods.add("HEAD");
  return [...methods].sort();
}

function fits(pattern: string, path: string): boolean {
  const wanted = pattern.split("/");
  const given = path.split("/");
  return wanted.length === given.length &&
    wanted.every((part, index) => part.startsWith(":") ? given[index] !== "" : part === given[index]);
}
