/** The dashboard's styles and scripts, embedded in the source, so that one binary holds them. */
import { createHash } from "node:crypto";
import type { Handler } from "hono";
import uplotCss from "uplot/dist/uPlot.min.css" with { type: "text" };
import uplotJs from "uplot/dist/uPlot.iife.min.js" with { type: "text" };
import appJs from "./client/app.js" with { type: "text" };
import chartsJs from "./client/charts.js" with { type: "text" };
import connectionJs from "./client/connection.js" with { type: "text" };
import deployJs from "./client/deploy.js" with { type: "text" };
import dialogsJs from "./client/dialogs.js" with { type: "text" };
import eventStreamJs from "./client/event_stream.js" with { type: "text" };
import eventsJs from "./client/events.js" with { type: "text" };
import figuresJs from "./client/figures.js" with { type: "text" };
import frameJs from "./client/frame.js" with { type: "text" };
import lineListJs from "./client/line_list.js" with { type: "text" };
import liveLogJs from "./client/live_log.js" with { type: "text" };
import metricsJs from "./client/metrics.js" with { type: "text" };
import overviewJs from "./client/overview.js" with { type: "text" };
import refreshJs from "./client/refresh.js" with { type: "text" };
import sparkJs from "./client/spark.js" with { type: "text" };
import tableViewJs from "./client/table_view.js" with { type: "text" };
import themeJs from "./client/theme.js" with { type: "text" };
import appCss from "./styles/app.css" with { type: "text" };
import appsCss from "./styles/apps.css" with { type: "text" };
import baseCss from "./styles/base.css" with { type: "text" };
import controlsCss from "./styles/controls.css" with { type: "text" };
import dialogsCss from "./styles/dialogs.css" with { type: "text" };
import frameCss from "./styles/frame.css" with { type: "text" };
import markSvg from "./styles/mark.svg" with { type: "text" };

const FILES: Readonly<Record<string, string>> = {
  "app.css": appCss,
  "app.js": appJs,
  "apps.css": appsCss,
  "base.css": baseCss,
  "charts.js": chartsJs,
  "connection.js": connectionJs,
  "controls.css": controlsCss,
  "deploy.js": deployJs,
  "dialogs.css": dialogsCss,
  "dialogs.js": dialogsJs,
  "event_stream.js": eventStreamJs,
  "events.js": eventsJs,
  "figures.js": figuresJs,
  "frame.css": frameCss,
  "frame.js": frameJs,
  "line_list.js": lineListJs,
  "live_log.js": liveLogJs,
  "mark.svg": markSvg,
  "metrics.js": metricsJs,
  "overview.js": overviewJs,
  "refresh.js": refreshJs,
  "spark.js": sparkJs,
  "table_view.js": tableViewJs,
  "theme.js": themeJs,
  "uplot.css": uplotCss,
  "uplot.js": uplotJs,
};

const TYPES: Readonly<Record<string, string>> = {
  css: "text/css; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  svg: "image/svg+xml",
};

/**
 * One hash over everything: scripts import each other by relative names, so all of them live below one folder that
 * changes whenever any of them does, and may be cached for ever.
 */
const FOLDER = createHash("sha256").update(JSON.stringify(FILES)).digest("hex").slice(0, 16);

/** Route of the assets. */
export const ASSET_ROUTE = "/assets/:folder/:name";

/** Where a page finds an asset. */
export function assetPath(name: string): string {
  if (!Object.hasOwn(FILES, name)) throw new Error(`There is no asset "${name}"`);
  return `/assets/${FOLDER}/${name}`;
}

/** Answers {@linkcode ASSET_ROUTE}; nothing in them is secret. */
export const serveAsset: Handler = (context) => {
  const { folder, name } = context.req.param() as { folder: string; name: string };
  const text = Object.hasOwn(FILES, name) ? FILES[name] : undefined;
  if (text === undefined) return context.text("There is no such file\n", 404);
  const kind = name.slice(name.lastIndexOf(".") + 1);
  // A page of an older NANO may still ask for its own folder: it gets the present file, which must not be kept as such.
  const caching = folder === FOLDER ? "public, max-age=31536000, immutable" : "no-store";
  return context.body(text, 200, { "content-type": TYPES[kind]!, "cache-control": caching });
};
