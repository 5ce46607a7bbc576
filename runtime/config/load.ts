/** Reads nano.json: text, JSON, schema, checks; all mistakes at once. */
import { dirname, resolve } from "node:path";
import { messageOf, NanoError } from "../errors.ts";
import { readRegularFile } from "../regular_file.ts";
import { isAfterColon, JsonSyntaxError, parseJsonDocument, positionOf } from "./json_document.ts";
import type { SetAside } from "../terms/operations.ts";
import type { AppLayer } from "./layers.ts";
import { Mistakes, renderPath } from "./mistakes.ts";
import type { NanoConfig } from "./resolved_config.ts";
import { withKnownEntries } from "./known_entries.ts";
import { resolveAfter } from "./resolve.ts";
import { ResolveMemory } from "./resolve_memory.ts";

export { resolveConfig, type ResolveOptions } from "./resolve.ts";

/** What a masked secret is shown as. */
export const MASK = "***";

/** A longer line is cut around the place of the mistake. */
const MAX_LINE_LENGTH = 120;
/** Ten thousand apps of three kilobytes each. */
const MAX_CONFIG_BYTES = 32 * 1024 * 1024;

/** What {@linkcode loadConfig} takes beside the file. */
export interface LoadOptions {
  /** Reads a variable for `from_env`; the process's environment unless given. */
  readonly hostEnv?: ((name: string) => string | undefined) | undefined;
  /** How the log is written where the file does not say; JSON unless given. */
  readonly logFormat?: "json" | "pretty" | undefined;
  /** What the admin API keeps; `NanoOptions.reloadConfig` gets it. */
  readonly layers?: readonly AppLayer[] | undefined;
}

/**
 * Loads a configuration file.
 *
 * @param file path of nano.json; a relative one starts at the working directory
 * @throws {NanoError} CONFIG_INVALID with every mistake in `details`
 * @example
 * ```ts no-eval
 * import { loadConfig } from "./load.ts";
 * const config = await loadConfig("nano.json");
 * ```
 */
export function loadConfig(file: string, { layers, ...options }: LoadOptions = {}): Promise<NanoConfig> {
  return configLoader(file, options)(layers);
}

/**
 * Loads a configuration file again and again: what was made of an app holds as long as its entry stays as it is, so that
 * a change of one among thousands costs little.
 *
 * @param file path of nano.json; a relative one starts at the working directory
 * @returns as {@linkcode loadConfig}, with the layers that it is given
 */
export function configLoader(
  file: string,
  options: Omit<LoadOptions, "layers"> = {},
): (layers?: readonly AppLayer[]) => Promise<NanoConfig> {
  const path = resolve(file);
  const memory = new ResolveMemory();
  let before: { readonly text: string; readonly document: unknown; readonly mistakes: Mistakes } | null = null;
  return async (layers) => {
    const text = await textOf(path);
    if (before?.text !== text) {
      const mistakes = new Mistakes();
      before = { text, document: withKnownEntries(parsed(text, path, mistakes), before?.document), mistakes };
    }
    const { document, mistakes } = before;
    return await resolveAfter(document, { ...options, layers, file: path, baseDir: dirname(path) }, {
      mistakes,
      memory,
    });
  };
}

/** A configuration as it may be shown; see {@linkcode maskedConfig}. */
export type MaskedConfig = Omit<NanoConfig, "layers" | "withLayers" | "secretFiles"> & {
  readonly setAside: readonly SetAside[];
};

/** The configuration as it may be shown: secrets and the admin token replaced by `***`. */
export function maskedConfig(whole: NanoConfig): MaskedConfig {
  const { layers, withLayers: _withLayers, secretFiles: _secretFiles, ...config } = whole;
  return {
    ...config,
    setAside: layers.setAside,
    admin: config.admin && { ...config.admin, token: config.admin.token === null ? null : MASK },
    install: { ...config.install, token: config.install.token === null ? null : MASK },
    fleet: maskedFleet(config.fleet),
    apps: config.apps.map((app) => ({
      ...app,
      env: Object.fromEntries(
        Object.entries(app.env).map(([name, value]) => [name, app.secrets.includes(name) ? MASK : value]),
      ),
    })),
  };
}

/** The URL of a database holds a password. */
function maskedFleet(fleet: NanoConfig["fleet"]): NanoConfig["fleet"] {
  if (fleet === null) return null;
  const { engine } = fleet;
  if (engine.kind === "postgres") return { ...fleet, engine: { ...engine, url: MASK } };
  return { ...fleet, engine: { ...engine, credentials: engine.credentials === null ? null : MASK } };
}

async function textOf(path: string): Promise<string> {
  try {
    const bytes = await readRegularFile(path, MAX_CONFIG_BYTES);
    // The decoder drops a byte order mark, which some editors write and JSON does not know.
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (error) {
    const reason = error instanceof Deno.errors.NotFound
      ? "the file does not exist"
      : error instanceof TypeError
      ? "the file is no UTF-8 text"
      : messageOf(error);
    throw new NanoError("CONFIG_INVALID", `Cannot read configuration "${path}": ${reason}`, {
      cause: error,
      details: [reason],
    });
  }
}

function parsed(text: string, path: string, mistakes: Mistakes): unknown {
  try {
    const { value, repeatedKeys } = parseJsonDocument(text);
    for (const repeated of repeatedKeys) {
      const { line, column } = positionOf(text, repeated.offset);
      mistakes.addLine(
        `${renderPath(repeated.path)} is written twice: remove one (the second is in line ${line}, column ${column})`,
      );
    }
    return value;
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
    const { line, column, lineText } = positionOf(text, error.offset);
    const isValue = isAfterColon(text, error.offset - column + 1);
    const shown = shownLine(maskedLine(lineText, isValue), column);
    const detail = `Line ${line}, column ${column}: ${error.message}, in: ${shown}`;
    throw new NanoError("CONFIG_INVALID", `Cannot parse configuration "${path}": ${detail}`, {
      cause: error,
      details: [detail],
    });
  }
}

/** The part of a line around a column. */
function shownLine(line: string, column: number): string {
  const start = Math.max(0, Math.min(column - 1 - MAX_LINE_LENGTH / 2, line.length - MAX_LINE_LENGTH));
  return line.slice(start, start + MAX_LINE_LENGTH).trim();
}

/** A text, also one that does not end; a comment may stand before it. */
const TEXT = /"(?:[^"\\]|\\.)*"?/g;
const SECRET =
  /("[^"]*(?:token|secret|passw|key|credential)[^"]*"(?:\s|[:=]|\/\*.*?(?:\*\/|$))*)("(?:[^"\\]|\\.)*"?|[^\s,{}[\]]+)/gi;

/**
 * A line of a document that could not be parsed, so that what is a secret can only be guessed: from the name before it,
 * or because it is the value of a name in a line before.
 */
function maskedLine(line: string, isValue: boolean): string {
  if (isValue) return line.replace(TEXT, `"${MASK}"`);
  return line.replace(SECRET, (_, name: string, value: string) => name + (value.startsWith('"') ? `"${MASK}"` : MASK));
}
