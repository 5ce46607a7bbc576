/** Runs a table of attacks, an app each, against one NANO, and looks after each whether anybody else was harmed. */
import { assert } from "@std/assert";
import { Arena, type Sight } from "./arena.ts";

/** One attack: the handler's body, and what a client may see of it. */
export interface Attack {
  /** Statements; `request`, `env`, `context` and the names of HARNESS are there. */
  readonly body: string;
  /** `status` or `status CODE`; anything else fails the test. */
  readonly sees: readonly string[];
  /** Exit reason that must follow, if any. */
  readonly ends?: string;
}

const HARNESS = `
import * as crypto_ from "node:crypto";
import * as zlib from "node:zlib";
const text = (length) => "x".repeat(length);
const later = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
`;

/** Runs all attacks. @returns what each client saw */
export async function runGauntlet(
  attacks: Readonly<Record<string, Attack>>,
  limits: Readonly<Record<string, unknown>> = {},
): Promise<Map<string, Sight>> {
  const config = { memory_mb: 32, cpu_ms: 1000, timeout_ms: 3000, ...limits };
  const apps = Object.fromEntries(
    Object.entries(attacks).map(([name, { body, sees }]) => {
      const files = `${HARNESS}export default { async fetch(request, env, context) {\n${body}\n` +
        `return new Response("done"); } };`;
      // Who may not time out gets all the time that a busy machine wants
      const patience = sees.includes("504 REQUEST_TIMEOUT") ? {} : { timeout_ms: 120_000 };
      return [name, { files, config: { ...config, ...patience } }];
    }),
  );
  const sights = new Map<string, Sight>();
  await using arena = await Arena.open(apps);
  for (const [name, { sees, ends }] of Object.entries(attacks)) {
    const from = arena.mark;
    const sight = await arena.attack(name);
    sights.set(name, sight);
    const seen = sight.code === null ? `${sight.status}` : `${sight.status} ${sight.code}`;
    assert(
      sees.includes(seen),
      `${name}: saw ${seen}, expected ${sees.join(" or ")}: ${sight.text.slice(0, 300)} ${
        arena.nano.stderr.slice(-800)
      }`,
    );
    if (ends !== undefined) {
      const reason = await arena.exitOf(name, from);
      assert(ends.split("|").includes(reason), `${name}: ended by ${reason}, expected ${ends}`);
    }
    await arena.assertUnharmed([sight]);
  }
  return sights;
}

/** The host's end of an isolate that took too much. */
export const KILLED_FOR_MEMORY: readonly string[] = ["503 APP_OUT_OF_MEMORY"];
/** Some natives are refused with an exception before, on another day, the watchdog sees them. */
export const THROWN_OR_KILLED: readonly string[] = [
  "500 APP_EXCEPTION",
  "503 APP_OUT_OF_MEMORY",
  "504 APP_UNRESPONSIVE",
];
