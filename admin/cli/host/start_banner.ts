/** What `nano start` tells a person once it serves: each app with its URL and state, and the way to the dashboard. */
import type { AppSnapshot } from "../../../runtime/mod.ts";

/** What is told. */
export interface StartBanner {
  /** Of the public listener. */
  readonly url: string;
  readonly apps: readonly AppSnapshot[];
  /** Signs in once, or null without a dashboard. */
  readonly signInUrl: string | null;
}

/** Lines for a terminal. */
export function bannerLines({ url, apps, signInUrl }: StartBanner): readonly string[] {
  const { protocol, port } = new URL(url);
  const authority = port === "" ? "" : `:${port}`;
  const name = Math.max(0, ...apps.map((app) => app.name.length));
  const state = Math.max(0, ...apps.map((app) => app.state.length));
  const lines = apps.map((app) => {
    const hosts = app.hostnames.map((host) => host.startsWith("*.") ? host : `${protocol}//${host}${authority}/`);
    const own = app.port === null ? [] : [`port ${app.port}`];
    return `  ${app.name.padEnd(name)}  ${app.state.padEnd(state)}  ${[...hosts, ...own].join("  ")}`;
  });
  return [
    `NANO serves ${apps.length} ${apps.length === 1 ? "app" : "apps"} at ${url} (Ctrl+C ends it)`,
    ...lines,
    ...signInUrl === null ? [] : [`Dashboard, signed in once within 10 minutes: ${signInUrl}`],
  ];
}
