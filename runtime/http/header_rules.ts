/**
 * `_headers` of a folder of static files, as Cloudflare documents it.
 *
 * @cloudflare/workers-shared holds Cloudflare's own parser, but publishes only the bundle of its worker.
 */
import type { HeaderList } from "../protocol/header_block.ts";
import { filled, type RulePattern, rulePattern, ruleUrl } from "./rule_pattern.ts";
import { ruleLines, type RuleMistake } from "./rule_lines.ts";

/** Cloudflare's limit. */
const MAX_RULES = 100;
/** Of one rule; Cloudflare names no limit. */
const MAX_HEADERS = 100;
/** Of all that rules add to one answer: more than clients take. Placeholders may make much of a few lines. */
const MAX_ADDED_CHARS = 32 * 1024;
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/;
// deno-lint-ignore no-control-regex
const VALUE = /^[^\x00-\x08\x0a-\x1f\x7f\u0100-\uffff]*$/;
/** They say where an answer ends on the connection, and are the server's. */
const FRAMING: ReadonlySet<string> = new Set([
  "connection",
  "content-length",
  "keep-alive",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

interface HeaderRule {
  readonly pattern: RulePattern;
  /** By name in lower case. */
  readonly set: Map<string, string>;
  readonly unset: Set<string>;
}

/** The rules of one file. */
export class HeaderRules {
  readonly mistakes: readonly RuleMistake[];
  readonly #rules: readonly HeaderRule[];

  /** @param text of the file; what is wrong is passed over, and told */
  constructor(text: string) {
    const mistakes: RuleMistake[] = [];
    const rules: (HeaderRule & { readonly line: number })[] = [];
    // Null before the first URL, and after one that is wrong.
    let current: HeaderRule | "skipped" | null = null;
    for (const { line, number } of ruleLines(text, mistakes)) {
      const told = (why: string) => mistakes.push({ line: number, why });
      if (/^(?:\S+:\/\/|\/)/.test(line)) {
        const pattern = rules.length < MAX_RULES ? patternOf(line) : `there are more than ${MAX_RULES} rules`;
        if (typeof pattern === "string") {
          current = "skipped";
          told(pattern);
          if (rules.length >= MAX_RULES) break;
        } else {
          const rule = { pattern, set: new Map(), unset: new Set<string>(), line: number };
          rules.push(rule);
          current = rule;
        }
      } else if (current === null) told(`expected a URL that begins with "/" before "${line}"`);
      else if (current !== "skipped") {
        const problem = addHeader(current, line);
        if (problem !== null) told(problem);
      }
    }
    for (const { set, unset, line } of rules) {
      if (set.size + unset.size === 0) mistakes.push({ line, why: "the rule names no header" });
    }
    this.#rules = rules;
    this.mistakes = mistakes.sort((one, other) => one.line - other.line);
  }

  /** What becomes of an answer's headers: a rule replaces what the folder says, and joins what other rules say. */
  apply(headers: HeaderList, hostname: string, path: string): HeaderList {
    const replaced = new Set<string>();
    const ours = new Map<string, string[]>();
    let room = MAX_ADDED_CHARS;
    for (const { pattern, set, unset } of this.#rules) {
      const found = pattern.match(hostname, path);
      if (found === null) continue;
      for (const name of unset) {
        replaced.add(name);
        ours.delete(name);
      }
      for (const [name, written] of set) {
        const value = filled(written, found);
        if (value === null || (room -= name.length + value.length) < 0) continue;
        replaced.add(name);
        const values = ours.get(name);
        if (values === undefined) ours.set(name, [value]);
        else values.push(value);
      }
    }
    const added = [...ours].flatMap(([name, values]) => values.map((value): [string, string] => [name, value]));
    return replaced.size === 0 ? headers : [...headers.filter(([name]) => !replaced.has(name)), ...added];
  }
}

function patternOf(line: string): RulePattern | string {
  const url = ruleUrl(line, { withHost: true, withQuery: false });
  if (url.startsWith("=")) return url.slice(1);
  if (/^https:\/\/[^/]*:\d+\//.test(url)) return "a host stands here without its port";
  return rulePattern(url);
}

/** @returns what is wrong with the line, or null */
function addHeader({ set, unset }: HeaderRule, line: string): string | null {
  const colon = line.indexOf(":");
  const isRemoval = line.startsWith("! ") && colon < 0;
  if (!isRemoval && colon < 0) return `expected "name: value" or "! name", not "${line}"`;
  const name = (isRemoval ? line.slice(2) : line.slice(0, colon)).trim().toLowerCase();
  if (!TOKEN.test(name)) return `"${name}" is no name of a header`;
  if (!set.has(name) && set.size + unset.size >= MAX_HEADERS) return `the rule has more than ${MAX_HEADERS} headers`;
  if (FRAMING.has(name)) return `header "${name}" is the server's`;
  if (isRemoval) unset.add(name);
  else {
    const value = line.slice(colon + 1).trim();
    if (value === "") return `header "${name}" has no value`;
    if (!VALUE.test(value)) return `the value of header "${name}" holds characters that no header can`;
    const before = set.get(name);
    set.set(name, before === undefined ? value : `${before}, ${value}`);
  }
  return null;
}
