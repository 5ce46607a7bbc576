/** Answers with a page of the dashboard. */
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { DashboardContext } from "./dashboard_env.ts";

/** @param status of the closed table of codes; all of them may carry a body */
export function renderPage(
  context: DashboardContext,
  content: { toString(): string | Promise<string> },
  status = 200,
): Response {
  return context.html(`<!doctype html>${String(content)}`, status as ContentfulStatusCode);
}
