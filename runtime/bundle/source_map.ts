/** Writes a bundle's source map into the bundle, with names that say nothing of the host. */

import { isOfPackage } from "./app_files.ts";

/** The fields of a source map that are touched here. */
interface SourceMap {
  /** A line for each ";". */
  mappings: string;
  sources: string[];
  sourcesContent: (string | null)[];
}

/**
 * Appends a source map to a module.
 *
 * @param code The module's text.
 * @param mapJson Its source map as esbuild wrote it: the sources relative to the app's folder.
 * @param linesBefore Lines that stand before those which the map speaks of.
 * @returns The text with the map inline, its sources named `app:///src/main.ts`; with the texts of the app's own.
 */
export function inlineSourceMap(code: string, mapJson: string, linesBefore: number): string {
  const map = JSON.parse(mapJson) as SourceMap;
  map.mappings = ";".repeat(linesBefore) + map.mappings;
  // Nobody reads packages' texts here, and they are the greater part of a bundle: 52 of 114 MB of one with googleapis.
  map.sourcesContent = map.sourcesContent.map((text, at) => isOfPackage(`/${map.sources[at]}`) ? null : text);
  map.sources = map.sources.map(appUrl);
  const base64 = new TextEncoder().encode(JSON.stringify(map)).toBase64();
  return `${code}//# sourceMappingURL=data:application/json;base64,${base64}\n`;
}

function appUrl(source: string): string {
  // Only a virtual module has a scheme here; as it has no file, its own name is all there is to show.
  if (source.includes(":")) return source;
  // A package's map may name sources that lie outside the package, where it was made.
  return "app:///" +
    source.replace(/^(?:\.\.\/)+/, "").split("/").map(encodeURIComponent).join("/").replaceAll("%40", "@");
}
