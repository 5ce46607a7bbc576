/** What the installer gets to see of an app: names, version ranges and locked versions; nothing that leads elsewhere. */

import { NanoError } from "../errors.ts";
import { isRecord } from "./json_with_comments.ts";
import { isPackageName, parseNpmSpecifier } from "./package_specifier.ts";

type Json = Record<string, unknown>;

/** Fields that say what runs; those for development are not installed. */
const FIELDS = ["dependencies", "optionalDependencies", "peerDependencies"] as const;

/**
 * A package.json of nothing but names and ranges.
 *
 * @param extras packages that are imported but not listed
 * @throws {NanoError} APP_FAILED naming the package that is not to be had from a registry by its version
 */
export function reducedManifest(manifest: Json, extras: Readonly<Record<string, string>>): Json {
  const reduced: Json = {};
  for (const field of FIELDS) {
    const listed = isRecord(manifest[field]) ? manifest[field] : {};
    const all = field === "dependencies" ? { ...extras, ...listed } : listed;
    if (Object.keys(all).length > 0) reduced[field] = checkedRanges(all, `"${field}" of package.json`);
  }
  if (isRecord(manifest["overrides"])) reduced["overrides"] = checkedOverrides(manifest["overrides"]);
  return reduced;
}

/** How many packages it asks for. */
export function packagesOf(manifest: Json): string[] {
  return FIELDS.filter((field) => field !== "peerDependencies").flatMap((field) => Object.keys(manifest[field] ?? {}));
}

/** A package-lock.json without the addresses that it has for its packages. */
export function reducedNpmLock(lock: Json, manifest: Json): Json {
  const packages: Json = { "": { ...manifest } };
  for (const [path, entry] of Object.entries(isRecord(lock["packages"]) ? lock["packages"] : {})) {
    if (!path.startsWith("node_modules/") || !isRecord(entry) || entry["link"] === true) continue;
    const { resolved: _, link: __, ...kept } = entry;
    packages[path] = kept;
  }
  return { lockfileVersion: lock["lockfileVersion"], requires: true, packages };
}

/** A deno.lock of npm packages only, without addresses. */
export function reducedDenoLock(lock: Json): Json {
  const npm = Object.entries(isRecord(lock["npm"]) ? lock["npm"] : {}).map(([id, entry]) => {
    const { tarball: _, ...kept } = isRecord(entry) ? entry : {};
    return [id, kept];
  });
  const specifiers = Object.entries(isRecord(lock["specifiers"]) ? lock["specifiers"] : {});
  return {
    version: lock["version"],
    specifiers: Object.fromEntries(specifiers.filter(([name]) => name.startsWith("npm:"))),
    npm: Object.fromEntries(npm),
  };
}

function checkedRanges(listed: Json, where: string): Json {
  for (const [name, range] of Object.entries(listed)) {
    if (typeof range === "string" && isPackageName(name) && isFromRegistry(range)) continue;
    const text = `Cannot install "${name}": ${where} asks for ${JSON.stringify(range).slice(0, 200)}, ` +
      `but packages come by version from the registry only; upload or install it in the app's folder yourself`;
    throw new NanoError("APP_FAILED", text);
  }
  return { ...listed };
}

function checkedOverrides(overrides: Json): Json {
  for (const [name, value] of Object.entries(overrides)) {
    if (isRecord(value)) checkedOverrides(value);
    // "$name" stands for the range that package.json lists.
    else if (typeof value !== "string" || !/^\$[\w@./-]+$/.test(value)) {
      checkedRanges({ [name.replace(/(?<=.)@.*$/, "").replace(/^\.$/, "self")]: value }, '"overrides" of package.json');
    }
  }
  return overrides;
}

/** A range, a tag, or another package's name with either. */
function isFromRegistry(range: string): boolean {
  const alias = range.startsWith("npm:") ? range : `npm:name@${encodeURIComponent(range.trim() || "*")}`;
  return parseNpmSpecifier(alias) !== undefined && !/[/:]/.test(range.replace(/^npm:(@[^/]+\/)?/, ""));
}
