/** Checks between keys of one configuration: what must be unique, and what must exist elsewhere in it. */
import { isIP } from "node:net";
import { APP_DEFAULTS, CONFIG_DEFAULTS } from "./defaults.ts";
import { checkFleet } from "./fleet_config.ts";
import { normalizeHostPattern } from "./hostnames.ts";
import { isVersionName } from "./layers.ts";
import { type ConfigPath, type Mistakes, renderPath } from "./mistakes.ts";
import type { WrittenConfig } from "./schema.ts";
import { type Sketch, textsOf } from "./sketch.ts";

/**
 * Adds a mistake for every contradiction between keys. Pure but for `mistakes`.
 * @param versions names of apps that are versions of others: they alone may have the names of versions
 */
export function crossCheck(config: Sketch<WrittenConfig>, mistakes: Mistakes, versions: ReadonlySet<string>): void {
  checkNames(config, mistakes);
  checkVersionNames(config, mistakes, versions);
  checkHostnames(config, mistakes);
  checkPorts(config, mistakes);
  checkCronNames(config, mistakes);
  if (config.install?.token !== undefined && config.install.registry === undefined && !mistakes.has(["install"])) {
    mistakes.add(["install", "registry"], undefined, 'expected the registry that "install.token" is for');
  }
  checkFleet(config.fleet, mistakes);
  checkBindingNames(config, mistakes);
  checkConsumers(config, mistakes);
  checkCompat(config, mistakes);
  config.apps?.forEach((app, index) => {
    if (app?.assets !== undefined && app.env !== undefined && Object.hasOwn(app.env, "ASSETS")) {
      mistakes.add(
        ["apps", index, "env", "ASSETS"],
        app.env["ASSETS"],
        'this name is taken by the binding of "assets"',
      );
    }
  });
}

function checkNames(config: Sketch<WrittenConfig>, mistakes: Mistakes): void {
  const names = new Map<string, ConfigPath>();
  config.apps?.forEach((app, index) => {
    if (app?.name !== undefined) claim(names, app.name, app.name, ["apps", index, "name"], mistakes);
  });
  if (config.default_app === undefined || names.has(config.default_app)) return;
  // An app whose name is mistaken may well be the one that was meant.
  if (mistakes.has(["apps"])) return;
  if (config.apps?.some((app) => app?.name === undefined)) return;
  const known = [...names.keys()].map((name) => `"${name}"`).join(", ");
  const remedy = known === "" ? "there are no apps" : `expected the name of an app: ${known}`;
  mistakes.add(["default_app"], config.default_app, remedy);
}

/** A name in `env` is a text or a binding, never both. */
function checkBindingNames(config: Sketch<WrittenConfig>, mistakes: Mistakes): void {
  config.apps?.forEach((app, index) => {
    for (const name of Object.keys(app?.bindings ?? {})) {
      const path = ["apps", index, "bindings", name];
      if (app?.env !== undefined && Object.hasOwn(app.env, name)) {
        mistakes.add(path, app.bindings![name], `already taken by ${renderPath(["apps", index, "env", name])}`);
      } else if (name === "ASSETS" && app?.assets !== undefined) {
        mistakes.add(path, app.bindings![name], 'this name is taken by the binding of "assets"');
      }
    }
  });
}

/** All of Deno is for a process of its own, and what only that can be allowed is for nobody else. */
function checkCompat({ defaults, apps }: Sketch<WrittenConfig>, mistakes: Mistakes): void {
  if (defaults?.compat === "full" && (defaults.isolation ?? APP_DEFAULTS.isolation) === "worker") {
    mistakes.add(["defaults", "compat"], "full", COMPAT_RULE);
  }
  apps?.forEach((app, index) => {
    const compat = app?.compat ?? defaults?.compat ?? APP_DEFAULTS.compat;
    const isolation = app?.isolation ?? defaults?.isolation ?? APP_DEFAULTS.isolation;
    const isOwn = app?.compat === "full" || app?.isolation === "worker";
    if (compat === "full" && isolation === "worker" && isOwn && app !== undefined) {
      const key = app.compat === "full" ? "compat" : "isolation";
      mistakes.add(["apps", index, key], app[key], key === "compat" ? COMPAT_RULE : ISOLATION_RULE);
    }
    for (const key of ["run", "ffi"] as const) {
      const written = app?.[key];
      const isAsked = written === true || (Array.isArray(written) && written.length > 0);
      if (compat === "web" && isAsked) {
        mistakes.add(["apps", index, key], written, 'expected "compat": "full" beside it');
      }
    }
  });
}

const COMPAT_RULE = 'expected "isolation": "process" beside it: all of Deno and Node takes a process of its own';
const ISOLATION_RULE = 'expected "process": "compat" is "full", which takes a process of its own';

/** A preview must never have to share its host, nor a version its name, whoever came first. */
function checkVersionNames(config: Sketch<WrittenConfig>, mistakes: Mistakes, versions: ReadonlySet<string>): void {
  config.apps?.forEach((app, index) => {
    if (app === undefined || (app.name !== undefined && versions.has(app.name))) return;
    if (app.name !== undefined && isVersionName(app.name)) {
      mistakes.add(["apps", index, "name"], app.name, "names as v1--shop are kept for the versions of apps");
    }
    for (const { text, path } of textsOf(app.hostname)) {
      if (!isVersionName(normalizeHostPattern(text) ?? text)) continue;
      const remedy = "hosts as v1--shop.example.com are kept for previews of versions";
      mistakes.add(["apps", index, "hostname", ...path], text, remedy);
    }
  });
}

/** Logs and metrics tell jobs apart by their names. */
function checkCronNames(config: Sketch<WrittenConfig>, mistakes: Mistakes): void {
  config.apps?.forEach((app, index) => {
    const names = new Map<string, ConfigPath>();
    app?.crons?.forEach((cron, at) => {
      const name = cron?.name ?? cron?.schedule?.trim();
      if (name === undefined) return;
      const key = cron?.name === undefined ? "schedule" : "name";
      claim(names, name, name, ["apps", index, "crons", at, key], mistakes);
    });
  });
}

/** A message goes to one consumer; who writes dead letters into the queue they came from goes in circles. */
function checkConsumers(config: Sketch<WrittenConfig>, mistakes: Mistakes): void {
  const queues = new Map<string, ConfigPath>();
  config.apps?.forEach((app, index) => {
    app?.queues?.consumers?.forEach((consumer, at) => {
      const { queue, dead_letter_queue } = consumer ?? {};
      if (queue === undefined) return;
      const path = ["apps", index, "queues", "consumers", at];
      claim(queues, queue, queue, [...path, "queue"], mistakes);
      if (dead_letter_queue !== queue) return;
      mistakes.add([...path, "dead_letter_queue"], queue, "expected another queue than the one that is consumed");
    });
  });
}

function checkHostnames(config: Sketch<WrittenConfig>, mistakes: Mistakes): void {
  const hosts = new Map<string, ConfigPath>();
  config.apps?.forEach((app, index) => {
    if (app === undefined) return;
    for (const { text, path } of textsOf(app.hostname)) {
      claim(hosts, normalizeHostPattern(text) ?? text, text, ["apps", index, "hostname", ...path], mistakes);
    }
  });
  config.apps?.forEach((app, index) => {
    // Written hosts first: the app whose host is only its name is the easier one to change.
    if (app?.hostname !== undefined || app?.name === undefined) return;
    const claimed = hosts.get(app.name);
    if (claimed === undefined) hosts.set(app.name, ["apps", index, "name"]);
    else if (claimed.at(-1) !== "name") {
      mistakes.add(
        ["apps", index, "hostname"],
        undefined,
        `its default "${app.name}" is taken by ${renderPath(claimed)}`,
      );
    }
  });
}

function checkPorts(config: Sketch<WrittenConfig>, mistakes: Mistakes): void {
  const hostname = config.hostname ?? CONFIG_DEFAULTS.hostname;
  const ports = new Map<number, ConfigPath>([[config.port ?? CONFIG_DEFAULTS.port, ["port"]]]);
  if (config.admin !== false) {
    const admin = { ...CONFIG_DEFAULTS.admin, ...config.admin };
    if (sameInterface(hostname, admin.hostname ?? CONFIG_DEFAULTS.admin.hostname)) {
      const port = admin.port ?? CONFIG_DEFAULTS.admin.port;
      const where = config.admin?.port === undefined && ports.has(port) ? ["port"] : ["admin", "port"];
      if (where[0] === "port") mistakes.add(where, port, "already the port of the admin listener");
      else claim(ports, port, port, where, mistakes);
    }
  }
  config.apps?.forEach((app, index) => {
    if (app?.port !== undefined) claim(ports, app.port, app.port, ["apps", index, "port"], mistakes);
  });
}

/** Gives a key to a path, or tells who has it. Port 0 is never taken: it stands for any free port. */
function claim<K>(taken: Map<K, ConfigPath>, key: K, value: unknown, path: ConfigPath, mistakes: Mistakes): void {
  const owner = taken.get(key);
  if (owner === undefined) taken.set(key, path);
  else if (key !== 0) mistakes.add(path, value, `already taken by ${renderPath(owner)}`);
}

/** Whether two listeners would meet: only two different addresses, none of them a wildcard, surely do not. */
function sameInterface(one: string, other: string): boolean {
  const [a, b] = [bare(one), bare(other)];
  if (a === b || isIP(a) === 0 || isIP(b) === 0) return true;
  return [a, b].some((address) => address === "0.0.0.0" || address === "::");
}

function bare(host: string): string {
  return host.replace(/^\[(.*)\]$/, "$1").toLowerCase();
}
