/** The frame of every page of the dashboard: head, top bar, banner for a lost connection, notes. */
// deno-lint-ignore-file jsx-key -- rendered once on the server: there is nothing to reconcile
import type { Child } from "hono/jsx";
import { dashboardAssets } from "./dashboard_assets.ts";
import type { FlashNote } from "./flash_notes.ts";
import { CsrfField } from "./views/csrf_field.tsx";

export { CsrfField } from "./views/csrf_field.tsx";

/** What a page needs to know of its request. */
export interface PageFrame {
  /** Path of the request, to mark the place in the navigation. */
  readonly path: string;
  /** What the session's forms must carry. */
  readonly csrf: string;
  /** What came of the change before. */
  readonly note: FlashNote | null;
  /** Whether this NANO is a node of a fleet. */
  readonly hasFleet: boolean;
}

const STYLES = [
  "base.css",
  "controls.css",
  "frame.css",
  "dialogs.css",
  "apps.css",
  "app.css",
  "data.css",
  "uplot.css",
] as const;

const PLACES = [
  { href: "/", label: "Apps" },
  { href: "/data", label: "Data" },
  { href: "/events", label: "Events" },
  { href: "/history", label: "History" },
  { href: "/config", label: "Config" },
] as const;
/** Of a fleet only. */
const NODES = { href: "/nodes", label: "Nodes" } as const;

/** A whole page behind the login. */
export function PageLayout(
  { title, frame, script, children }: { title: string; frame: PageFrame; script?: string; children?: Child },
) {
  return (
    <Document title={title} csrf={frame.csrf} scripts={["frame.js", ...script === undefined ? [] : [script]]}>
      <body>
        <a class="skip" href="#main">Skip to the content</a>
        <header class="topbar">
          <div>
            <Brand />
            <nav aria-label="Main">
              <ul>
                {[...PLACES, ...frame.hasFleet ? [NODES] : []].map(({ href, label }) => (
                  <li>
                    <a href={href} aria-current={isPlace(frame.path, href) ? "page" : undefined}>{label}</a>
                  </li>
                ))}
              </ul>
            </nav>
            <div class="end">
              <span class="live" id="live" hidden>Connecting</span>
              <ThemeButton />
              <form method="post" action="/logout">
                <CsrfField csrf={frame.csrf} />
                <button type="submit" class="button quiet small">Sign out</button>
              </form>
            </div>
          </div>
        </header>
        <div class="banner" id="banner" role="alert" hidden></div>
        <main id="main" tabindex={-1}>
          {frame.note === null ? null : <Note note={frame.note} />}
          {children}
        </main>
        <p class="visually-hidden" id="announce" role="status"></p>
      </body>
    </Document>
  );
}

/** A page outside of the login, or one that says one thing only. */
export function LonelyPage({ title, children }: { title: string; children?: Child }) {
  return (
    <Document title={title} csrf={null} scripts={[]}>
      <body class="lonely">
        <main id="main">
          <Brand />
          {children}
        </main>
      </body>
    </Document>
  );
}

/** What came of a change, or what is wrong. */
export function Note({ note }: { note: FlashNote }) {
  return (
    <div class={`note ${note.tone}`} role={note.tone === "bad" ? "alert" : "status"}>
      <div>
        <p>{note.text}</p>
        {note.details.length === 0 ? null : <ul>{note.details.map((detail) => <li>{detail}</li>)}</ul>}
      </div>
    </div>
  );
}

function Document(
  { title, csrf, scripts, children }: {
    title: string;
    csrf: string | null;
    scripts: readonly string[];
    children?: Child;
  },
) {
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        {csrf === null ? null : <meta name="csrf" content={csrf} />}
        <title>{`${title} · NANO`}</title>
        <link rel="icon" href={pathOf("mark.svg")} type="image/svg+xml" />
        {STYLES.map((name) => <link rel="stylesheet" href={pathOf(name)} />)}
        {pathOf("theme.js") ? <script src={pathOf("theme.js")}></script> : null}
        {scripts.includes("app.js") ? <script defer src={pathOf("uplot.js")}></script> : null}
        {scripts.map((name) => pathOf(name)).map((path) => path ? <script type="module" src={path}></script> : null)}
      </head>
      {children}
    </html>
  );
}

/** Undefined for a script that could not be bundled. */
function pathOf(name: string): string | undefined {
  return dashboardAssets.path(name) ?? undefined;
}

function Brand() {
  return (
    <a class="brand" href="/" aria-label="NANO, all apps">
      <svg width="20" height="20" viewBox="0 0 20 20" fill="none" aria-hidden="true">
        <path
          d="M10 1.5 17.4 5.75v8.5L10 18.5l-7.4-4.25v-8.5z"
          stroke="currentColor"
          stroke-width="1.8"
          stroke-linejoin="round"
        />
        <path
          d="M7 13.2V6.8l6 6.4V6.8"
          stroke="currentColor"
          stroke-width="1.8"
          stroke-linejoin="round"
          stroke-linecap="round"
        />
      </svg>
      NANO
    </a>
  );
}

function ThemeButton() {
  return (
    <button type="button" class="button quiet small" data-theme-toggle hidden>
      <svg width="16" height="16" viewBox="0 0 16 16" aria-hidden="true">
        <circle cx="8" cy="8" r="6" fill="none" stroke="currentColor" stroke-width="1.5" />
        <path d="M8 2a6 6 0 0 1 0 12z" fill="currentColor" />
      </svg>
    </button>
  );
}

function isPlace(path: string, href: string): boolean {
  return href === "/" ? path === "/" || path.startsWith("/apps/") || path === "/new" : path.startsWith(href);
}
