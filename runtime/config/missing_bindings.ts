/** The bindings that a Workers project asks for and NANO does not have, each with what does its work here. */
import type { WranglerReader } from "./wrangler_reader.ts";

/** One of them. */
export interface MissingBinding {
  /** What the app finds it by in `env`. */
  readonly name: string;
  /** As people call it: "Durable Object". */
  readonly kind: string;
  /** Where it is asked for, such as "wrangler.jsonc, line 12". */
  readonly where: string;
  /** What to take instead, as a sentence goes on. */
  readonly instead: string;
}

/** A kind of them: what people call it, and what to take instead. */
interface Kind {
  readonly kind: string;
  readonly instead: string;
}

const SERVICE_BY_FETCH = "call its service with fetch";

/** Lists of bindings: key of the file, name of the binding within an item. */
const LISTS: readonly (Kind & { readonly key: string; readonly name: string })[] = [
  {
    key: "hyperdrive",
    name: "binding",
    kind: "Hyperdrive",
    instead: "give the database's URL to its driver as a secret",
  },
  {
    key: "vectorize",
    name: "binding",
    kind: "Vectorize index",
    instead: "keep vectors in a database that has them, such as PostgreSQL with pgvector",
  },
  {
    key: "analytics_engine_datasets",
    name: "binding",
    kind: "Analytics Engine dataset",
    instead: "write rows into a D1 database, or log them",
  },
  {
    key: "dispatch_namespaces",
    name: "binding",
    kind: "dispatch namespace",
    instead: "name the apps in nano.json and bind them as services",
  },
  {
    key: "worker_loaders",
    name: "binding",
    kind: "worker loader",
    instead: "deploy the code as an app and bind it as a service",
  },
  {
    key: "mtls_certificates",
    name: "binding",
    kind: "client certificate",
    instead: "send requests through a proxy that holds the certificate",
  },
  {
    key: "vpc_services",
    name: "binding",
    kind: "VPC service",
    instead: 'call it with fetch, and name its host in "outbound"',
  },
  {
    key: "pipelines",
    name: "binding",
    kind: "pipeline",
    instead: "send records to a queue, whose consumer puts them into a bucket",
  },
  {
    key: "workflows",
    name: "binding",
    kind: "workflow",
    instead: "send steps to a queue, which repeats those that fail",
  },
  {
    key: "send_email",
    name: "name",
    kind: "email binding",
    instead: "send mail by an HTTP API or a package such as nodemailer",
  },
  {
    key: "secrets_store_secrets",
    name: "binding",
    kind: "Secrets Store secret",
    instead: 'write it into "env" of nano.json as a secret, "from_env" or "from_file"',
  },
  {
    key: "durable_objects.bindings",
    name: "name",
    kind: "Durable Object",
    instead:
      "keep its state in a D1 database or KV, and rooms of WebSockets in the app's memory: an app has one isolate here",
  },
];

/** The same where one object stands instead of a list. */
const SINGLES: readonly (Kind & { readonly key: string })[] = [
  { key: "ai", kind: "Workers AI", instead: SERVICE_BY_FETCH },
  { key: "browser", kind: "browser rendering", instead: SERVICE_BY_FETCH },
  { key: "images", kind: "Images", instead: "call an image service with fetch, or bundle an encoder in WebAssembly" },
  { key: "media", kind: "media binding", instead: SERVICE_BY_FETCH },
];

/** Keys that are read elsewhere: what is wrong with one of them is told there. */
const HAD: ReadonlySet<string> = new Set([
  "assets",
  "d1_databases",
  "kv_namespaces",
  "queues",
  "r2_buckets",
  "ratelimits",
  "services",
  "version_metadata",
]);

/** Of kinds that came after this was written: whatever asks for a name in `env`, alone or in a list. */
function unknownBindings(reader: WranglerReader): { name: unknown; path: readonly (string | number)[] }[] {
  const known = new Set([...HAD, ...[...LISTS, ...SINGLES].map(({ key }) => key.split(".")[0]!)]);
  return reader.keys().filter((key) => !known.has(key)).flatMap((key) => {
    const value = reader.value(key);
    const items = Array.isArray(value) ? value : [value];
    return items.map((item, at) => ({
      name: item?.binding,
      path: Array.isArray(value) ? [key, at] : [key],
    }));
  });
}

/** The forerunner of `assets`, by a namespace that wrangler fills. */
const SITE: Kind = { kind: "Workers Sites", instead: 'serve its bucket by "assets", with a binding for the code' };

/** All that the project asks for in vain. */
export function missingBindings(reader: WranglerReader): MissingBinding[] {
  const found: MissingBinding[] = [];
  const add = (name: unknown, { kind, instead }: Kind, path: readonly (string | number)[]) => {
    if (typeof name === "string") found.push({ name, kind, instead, where: reader.where(path) });
  };
  for (const one of LISTS) {
    const path = one.key.split(".");
    const list = path.length === 1 ? reader.value(path[0]!) : reader.object(path[0]!)?.[path[1]!];
    if (Array.isArray(list)) list.forEach((item, at) => add(item?.[one.name], one, [...path, at]));
  }
  for (const one of SINGLES) add(reader.object(one.key)?.["binding"], one, [one.key]);
  for (const { name, path } of unknownBindings(reader)) {
    add(name, { kind: `binding of "${path[0]}"`, instead: "call its service with fetch, if it has an API" }, path);
  }
  if (reader.object("site") !== null) add("__STATIC_CONTENT", SITE, ["site"]);
  return found;
}
