/** Takes an app's secrets out of what it says: its log lines, exceptions and errors reach logs, API and dashboard. */
import type { AppConfig } from "../config/resolved_config.ts";

/** Stands for a secret, as in the shown configuration. */
const MASK = "***";
/** A shorter value, such as "8080" or "true", is no secret that anybody guards, and hiding it would garble every text. */
const MIN_SECRET_CHARS = 6;

/**
 * A function that masks every secret of the app in a text, or null for an app without any. It finds a value as it is
 * and as JSON writes it; an app that disguises its own secrets can still tell them.
 */
export function secretMask({ env, secrets }: Pick<AppConfig, "env" | "secrets">): ((text: string) => string) | null {
  const values = new Set<string>();
  for (const name of secrets) {
    const value = (env[name] ?? "").trim();
    // Of a key in several lines each counts: tools that wrap or indent text show them one by one.
    for (
      const part of [
        value,
        JSON.stringify(value).slice(1, -1),
        ...value.split(/\r?\n/).map((line) => line.trim()),
      ]
    ) {
      if (part.length >= MIN_SECRET_CHARS) values.add(part);
    }
  }
  if (values.size === 0) return null;
  // The longest first: a value may contain another one.
  const longestFirst = [...values].sort((one, other) => other.length - one.length);
  return (text) => longestFirst.reduce((masked, value) => masked.replaceAll(value, MASK), text);
}
