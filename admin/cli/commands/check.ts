/** `nano check`: loads the configuration and tells all mistakes, and what a reload would change. */
import { CONFIG_OPTION } from "../line/usual_options.ts";
import { relative } from "node:path";
import {
  assetRuleMistakes,
  type EntryReport,
  entryReport,
  loadConfig,
  messageOf,
  type NanoConfig,
  NanoError,
  type WorkersProject,
} from "../../../runtime/mod.ts";
import { AdminClient, AdminError } from "../../client/client.ts";
import type { ReloadView } from "../../schemas/host_schemas.ts";
import { adminToken } from "../../token.ts";
import type { Command } from "../line/command.ts";
import type { CliIo } from "../terminal/cli_io.ts";
import { configFile } from "../online/config_file.ts";
import { isAlive, readAdminFile } from "../online/admin_file.ts";
import { reloadLines } from "../online/reload_lines.ts";

/** What the NANO that runs with a configuration says of it. */
type Preview =
  | { readonly running: false }
  | { readonly running: true; readonly url: string; readonly reload: ReloadView }
  | { readonly running: true; readonly url: string; readonly problem: string };

export const command: Command = {
  doc: {
    name: "check",
    summary: "Look for mistakes in nano.json",
    description: [
      "Looks for mistakes in nano.json, all at once. Nothing is started and no port is opened. When a NANO of this " +
      "configuration runs, it also tells what a reload would change.",
    ],
    arguments: [],
    examples: [
      { command: "nano check", meaning: "checks ./nano.json" },
      {
        command: "nano check --config /etc/nano/nano.json && systemctl reload nano",
        meaning: "reloads only what is right",
      },
    ],
    exitCodes: { 0: "no mistake", 3: "mistakes; they stand on standard error" },
  },
  options: [CONFIG_OPTION, { name: "json", value: null, summary: "JSON for programs" }],
  async run(line, io) {
    const file = configFile(line.text("config"), io);
    const json = line.flag("json");
    try {
      const config = await loadConfig(file, { hostEnv: io.env });
      const entries = await Promise.all(config.apps.map((app) => entryReport(app, config)));
      const preview = await previewReload(config, io);
      const rules = await Promise.all(config.apps.map((app, at) => assetRuleMistakes(assetsOf(app, entries[at]!))));
      const apps = config.apps.map((app, index) => ({
        app,
        entry: entries[index]!,
        rules: rules[index]!,
        apart: bindingsApart(app, config.fleet),
      }));
      if (json) io.out(JSON.stringify({ ok: true, file, apps: apps.map(shownApp), errors: [], ...preview }));
      else for (const text of lines(file, apps, preview)) io.out(text);
      return 0;
    } catch (error) {
      const refused = error instanceof NanoError || error instanceof AdminError;
      if (!json || !refused || error.code !== "CONFIG_INVALID") throw error;
      const errors = error.details.length > 0 ? error.details : [error.message];
      io.out(JSON.stringify({ ok: false, file, apps: [], errors }));
      return 3;
    }
  },
};

/** An app, and where it begins. */
interface CheckedApp {
  readonly app: NanoConfig["apps"][number];
  readonly entry: EntryReport;
  /** What is wrong with `_headers` and `_redirects` of its files. */
  readonly rules: readonly string[];
  /** Its bindings whose data each node of a fleet has for itself. */
  readonly apart: NanoConfig["apps"][number]["bindings"];
}

function shownApp({ app: { name, hostnames, project }, entry, rules, apart }: CheckedApp) {
  const shown = { name, hostnames, entry, rules, ...project === null ? {} : { project } };
  return apart.length === 0 ? shown : { ...shown, kept_on_each_node: apart.map(({ name }) => name) };
}

/** Kinds of bindings that keep something. */
const KEEPING: ReadonlySet<string> = new Set(["kv", "d1", "r2", "queue"]);

function bindingsApart({ bindings }: NanoConfig["apps"][number], fleet: NanoConfig["fleet"]): CheckedApp["apart"] {
  if (fleet === null) return [];
  const together = new Set<string>(fleet.bindings);
  return bindings.filter(({ kind }) => KEEPING.has(kind) && !together.has(kind));
}

/** The folder of static files that an app has, or consists of. */
function assetsOf({ assets }: CheckedApp["app"], entry: EntryReport): string | null {
  return assets?.path ?? ("error" in entry ? null : entry.site);
}

function entryLines(entry: EntryReport): string[] {
  if ("error" in entry) return [`    ${entry.error}`];
  const { file, why, reach } = entry;
  return [`    begins in ${file}: ${why}`, ...reach === "." ? [] : [`    imports may reach ${reach}`]];
}

/** What was taken of a Workers project, and what of it NANO does not have. */
function projectLines(
  { path, main, env, jsonVars, assets, bindings, consumers, crons, services, project }: NanoConfig["apps"][number],
  apps: ReadonlySet<string>,
): string[] {
  const nobody = services.filter(({ app }) => !apps.has(app)).map(({ name, app, where }) =>
    `    ${where}: env.${name} is service "${app}", and no app has this name`
  );
  if (project === null) return nobody;
  if (project.error !== null) return [`    ${project.error}`];
  const from = (file: string) => relative(path, file) || ".";
  const names = [...Object.keys(env), ...Object.keys(jsonVars)];
  const taken = [
    ...main === null ? [] : [`main ${from(main)}`],
    ...assets === null ? [] : [`assets ${from(assets.path)}`],
    ...bindings.length === 0 ? [] : [`bindings ${bindings.map(({ name, kind }) => `${name} (${kind})`).join(", ")}`],
    ...names.length === 0 ? [] : [`env ${names.join(", ")}`],
    ...services.length === 0 ? [] : [`services ${services.map(shownService).join(", ")}`],
    ...consumers.length === 0 ? [] : [`consumes ${consumers.map(({ queue }) => queue).join(", ")}`],
    ...crons.length === 0 ? [] : [`crons ${crons.map(({ schedule }) => schedule).join("; ")}`],
  ];
  return [
    `    with ${project.file}: ${taken.join(", ") || "nothing that matters here"}`,
    ...buildLines(project.build),
    ...project.missing.map(({ name, kind, where, instead }) =>
      `    ${where}: env.${name} is a ${kind}, which NANO does not have; ${instead}`
    ),
    ...nobody,
    ...project.notes.map((note) => `    ${note}`),
  ];
}

function shownService({ name, app, entrypoint }: NanoConfig["apps"][number]["services"][number]): string {
  return `${name} (${app}${entrypoint === "default" ? "" : `, ${entrypoint}`})`;
}

/** How its code is made, and bundled. */
function buildLines({ rules, alias, define, tsconfig, command }: WorkersProject["build"]): string[] {
  const said = [
    ...rules.map(({ type, globs }) => `${type} ${globs.join(" ")}`),
    ...Object.entries(alias).map(([name, to]) => `alias ${name} = ${to}`),
    ...Object.entries(define).map(([name, to]) => `define ${name} = ${to}`),
    ...tsconfig === null ? [] : [`tsconfig ${tsconfig}`],
  ];
  return [
    ...said.length === 0 ? [] : [`    bundled with ${said.join(", ")}`],
    ...command === null
      ? []
      : [`    built by ${JSON.stringify(command.text)}, which is run by hand, or by --build of dev and deploy`],
  ];
}

function lines(file: string, apps: readonly CheckedApp[], preview: Preview): readonly string[] {
  const names = new Set(apps.map(({ app }) => app.name));
  const head = [
    `${file} is right: ${apps.length} ${apps.length === 1 ? "app" : "apps"}`,
    ...apps.flatMap(({ app, entry, rules, apart }) => [
      `  ${app.name}  ${app.hostnames.join(", ")}`,
      ...entryLines(entry),
      ...projectLines(app, names),
      ...apart.map(({ name, kind }) =>
        `    env.${name} (${kind}) is kept on each node for itself: the fleet does not share it`
      ),
      ...rules.map((mistake) => `    ${mistake}`),
    ]),
  ];
  if (!preview.running) return [...head, "No NANO runs with this configuration"];
  if ("problem" in preview) {
    return [...head, `The NANO at ${preview.url} cannot tell what a reload would change: ${preview.problem}`];
  }
  return [...head, ...reloadLines(preview.reload, true)];
}

/** @throws {AdminError} CONFIG_INVALID when the running NANO would refuse what is right by itself */
async function previewReload(config: NanoConfig, io: CliIo): Promise<Preview> {
  const place = config.admin === false ? null : await readAdminFile(config.stateDir);
  if (place === null || !isAlive(place.pid)) return { running: false };
  const { url } = place;
  try {
    const configured = config.admin === false ? null : config.admin.token;
    const fromEnv = io.env("NANO_ADMIN_TOKEN");
    const token = await adminToken({ fromEnv, configured, stateDir: config.stateDir });
    const reload = await new AdminClient({ url, token: token.value }).reload({ dryRun: true });
    return { running: true, url, reload };
  } catch (error) {
    if (error instanceof AdminError && error.code !== "CONFIG_INVALID") {
      return { running: true, url, problem: messageOf(error) };
    }
    throw error;
  }
}
