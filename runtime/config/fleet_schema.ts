/** The key `fleet` of nano.json: which engine the nodes meet at, and what this node does in the fleet. */
import { z } from "zod";
import { outsideValue } from "./app_schema.ts";
import { CONFIG_DEFAULTS } from "./defaults.ts";
import { MAX_TIMEOUT_MS } from "./limits.ts";
import { oneOf, section, text, whole } from "./written_value.ts";

const { fleet: DEFAULTS } = CONFIG_DEFAULTS;

const serverRule = 'expected the URL of a NATS server such as "nats://10.0.0.1:4222", without a login';
const nameRule = "expected 1 to 63 characters of a-z, 0-9 and -, the first of them no -";
/** What a node may be called. */
export const NODE_NAME = /^[a-z0-9][a-z0-9-]{0,62}$/;
const secretRule = 'expected text, { "from_env": "HOST_NAME" } or { "from_file": "path" }';

/** Kinds of bindings that a fleet can keep. */
export const FLEET_BINDINGS = ["kv", "r2", "queue"] as const;
const bindingsRule = 'expected a list of kinds of bindings, each once: ["kv", "r2", "queue"]';

/** A replicated stream has 1, 3 or 5 of them, https://docs.nats.io/nats-concepts/jetstream. */
const MAX_REPLICAS = 5;

/** Written or read from outside, never empty. */
const secret = z.union([z.string(secretRule).min(1, secretRule), ...outsideValue], secretRule);

const tls = section({
  ca: text("the path of a PEM file").optional().meta({
    description: "Certificates that the engine's is checked against, as a PEM file. Default: those of the system.",
  }),
  cert: text("the path of a PEM file").optional().meta({
    description: "This node's certificate, as a PEM file, where the engine asks for one.",
  }),
  key: text("the path of a PEM file").optional().meta({ description: "The certificate's private key, as a PEM file." }),
}, 'an object such as { "ca": "ca.pem" }');

/** Every key of `fleet`. */
export const fleetSchema = section({
  nats: z.array(z.string(serverRule).refine(isNatsUrl, serverRule), "expected a list of URLs").min(
    1,
    "expected at least one URL",
  ).optional().meta({
    description: "URLs of the NATS servers, with JetStream, at which the nodes meet. Excludes `postgres`.",
    examples: [["nats://10.0.0.1:4222", "nats://10.0.0.2:4222", "nats://10.0.0.3:4222"]],
  }),
  postgres: secret.optional().meta({
    description: "URL of the PostgreSQL database at which the nodes meet. Excludes `nats`.",
    examples: [{ from_env: "NANO_FLEET_URL" }],
  }),
  name: z.union(
    [z.string(nameRule).regex(NODE_NAME, nameRule), ...outsideValue],
    `${nameRule}, or { "from_env": "HOSTNAME" }`,
  ).optional().meta({
    description: "What this node is called; no two nodes may have one name. Default: one that is made up and kept.",
    examples: ["n1", { from_env: "HOSTNAME" }],
  }),
  role: oneOf(["full", "serve"]).optional().meta({
    description: "`full`: changes are taken here too; `serve`: this node follows the others only.",
    default: DEFAULTS.role,
  }),
  credentials: secret.optional().meta({
    description:
      "What this node shows to NATS: the text of a credentials file, an nkey's seed, `user:password` or a token.",
  }),
  tls: tls.optional().meta({ description: "How the engine is spoken to in secret." }),
  replicas: whole("copies", 1, MAX_REPLICAS).optional().meta({
    description: "On how many NATS servers each record is kept. Default: 3 where `nats` names three or more, else 1.",
  }),
  bindings: z.array(oneOf(FLEET_BINDINGS), bindingsRule).refine(isSet, bindingsRule).optional().meta({
    description:
      "Kinds of bindings whose data the NATS servers keep, so that all nodes see the same; those of other kinds stay on " +
      'the node where they were written. Default: `["kv", "r2", "queue"]` with `nats`, none with `postgres`, which keeps none.',
    examples: [["kv", "r2", "queue"], []],
  }),
  one_by_one: z.boolean("expected true or false").optional().meta({
    description: "Whether nodes take a new version one after the other, and none after one that could not start it.",
    default: DEFAULTS.one_by_one,
  }),
  crons_alone: oneOf(["skip", "run"]).optional().meta({
    description: "What becomes of jobs that are due while the engine cannot be reached: `run` runs them on every node.",
    default: DEFAULTS.crons_alone,
  }),
  start_timeout_ms: whole("milliseconds", 0, MAX_TIMEOUT_MS).optional().meta({
    description:
      "How long a node that starts is not ready because it has not caught up with the engine yet; one that joins is not ready before it has all.",
    default: DEFAULTS.start_timeout_ms,
  }),
  allow_old_server: z.boolean("expected true or false").optional().meta({
    description:
      "Whether NATS servers that are known to lose what they acknowledged are taken all the same; for tests.",
    default: DEFAULTS.allow_old_server,
  }),
  insecure: z.boolean("expected true or false").optional().meta({
    description: "Whether an engine on another machine may be spoken to without TLS.",
    default: DEFAULTS.insecure,
  }),
}, 'an object such as { "nats": ["nats://127.0.0.1:4222"] }');

/** `fleet` as it is written. */
export type WrittenFleet = z.input<typeof fleetSchema>;

function isSet(list: readonly string[]): boolean {
  return new Set(list).size === list.length;
}

function isNatsUrl(written: string): boolean {
  const url = URL.parse(written);
  return url !== null && /^(nats|tls):$/.test(url.protocol) && url.hostname !== "" && url.username === "" &&
    url.password === "" && url.pathname.length <= 1 &&
    url.search === "" && url.hash === "";
}
