/**
 * `_redirects` of a folder of static files, as Cloudflare documents it.
 *
 * @cloudflare/workers-shared holds Cloudflare's own parser, but publishes only the bundle of its worker.
 */
import { filled, isDynamic, type RulePattern, rulePattern, ruleUrl } from "./rule_pattern.ts";
import { ruleLines, type RuleMistake } from "./rule_lines.ts";

/** Cloudflare's limits. */
const MAX_STATIC_RULES = 2000;
const MAX_DYNAMIC_RULES = 100;
const STATUSES: ReadonlySet<number> = new Set([200, 301, 302, 303, 307, 308]);

/** Where a request is sent. */
export interface Redirect {
  /** 200: the file of another path is served in its place. */
  readonly status: number;
  /** A path, or an absolute URL; with its own query and hash. */
  readonly to: string;
}

interface DynamicRule extends Redirect {
  readonly pattern: RulePattern;
}

/** The rules of one file. */
export class RedirectRules {
  readonly mistakes: readonly RuleMistake[];
  /** By path; those that stand before the first rule with a splat or placeholder. */
  readonly #fixed = new Map<string, Redirect>();
  readonly #dynamic: DynamicRule[] = [];

  /** @param text of the file; a line that is wrong is passed over, and told */
  constructor(text: string) {
    const mistakes: RuleMistake[] = [];
    const seen = new Set<string>();
    for (const { line, number } of ruleLines(text, mistakes)) {
      const rule = readRule(line);
      const why = typeof rule === "string" ? rule : seen.has(rule.from) ? `"${rule.from}" has a rule already` : null;
      if (typeof rule === "string" || why !== null) {
        mistakes.push({ line: number, why: why! });
        continue;
      }
      seen.add(rule.from);
      const problem = this.#add(rule);
      if (problem !== null) mistakes.push({ line: number, why: problem });
    }
    this.mistakes = mistakes;
  }

  /** The rule for a path, filled in; null without one. */
  match(hostname: string, path: string): Redirect | null {
    const fixed = this.#fixed.get(path);
    if (fixed !== undefined) return fixed;
    for (const { pattern, status, to } of this.#dynamic) {
      const found = pattern.match(hostname, path);
      const target = found === null ? null : filled(to, found);
      if (target !== null) return { status, to: target };
    }
    return null;
  }

  #add({ from, to, status }: WrittenRule): string | null {
    if (this.#dynamic.length === 0 && !isDynamic(from)) {
      if (this.#fixed.size >= MAX_STATIC_RULES) return `there are more than ${MAX_STATIC_RULES} rules for fixed paths`;
      this.#fixed.set(from, { to, status });
      return null;
    }
    if (this.#dynamic.length >= MAX_DYNAMIC_RULES) {
      return `there are more than ${MAX_DYNAMIC_RULES} rules with splats or placeholders, or after one that has them`;
    }
    const pattern = rulePattern(from);
    if (typeof pattern === "string") return pattern;
    this.#dynamic.push({ pattern, to, status });
    return null;
  }
}

interface WrittenRule extends Redirect {
  readonly from: string;
}

function readRule(line: string): WrittenRule | string {
  const [source, target, code = "302", ...rest] = line.replace(/\s+#.*$/, "").split(/\s+/);
  if (target === undefined || rest.length > 0) return 'expected "from to" or "from to status"';
  const from = ruleUrl(source!, { withHost: false, withQuery: false });
  if (from.startsWith("=")) return from.slice(1);
  const to = ruleUrl(target, { withHost: true, withQuery: true });
  if (to.startsWith("=")) return to.slice(1);
  const status = Number(code);
  if (!STATUSES.has(status)) return `status "${code}" is none of ${[...STATUSES].join(", ")}`;
  const isOwn = to.startsWith("/");
  if (!isOwn && status === 200) return `status 200 serves another path of the site, not "${to}"`;
  // Clean URLs send /index.html to /, where the rule would hold again.
  if (isOwn && /\/index(\.html)?$/.test(to) && (from.endsWith("/*") || from.endsWith("/"))) {
    return `"${from}" to "${to}" would never end`;
  }
  return { from, to, status };
}
