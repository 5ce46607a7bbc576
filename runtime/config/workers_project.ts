/** What a Workers project's own file says, in the terms of nano.json; what NANO does not have is named with its line. */
import { dirname, resolve } from "node:path";
import type { WrittenApp } from "./app_schema.ts";
import { type Compatibility, compatibilityFlags } from "./compatibility.ts";
import type { AssetPlatform } from "./asset_platform.ts";
import { cronProblem } from "./cron_expression.ts";
import { normalizeHostPattern } from "./hostnames.ts";
import { HTML_HANDLINGS, type HtmlHandling } from "./html_handling.ts";
import { isSinglePage, type PagesProject, readPages } from "./pages_project.ts";
import { PLAIN_BUILD, type ProjectBuild, projectBuild } from "./project_build.ts";
import { type ProjectBindings, projectBindings } from "./project_bindings.ts";
import { ASSETS_INSTEAD, isInProject, outsideNote } from "./project_paths.ts";
import { readWranglerFile, type WranglerFile } from "./wrangler_file.ts";
import { WranglerReader } from "./wrangler_reader.ts";

/** A value of `vars`: texts, and what else JSON has. */
export type JsonValue = null | boolean | number | string | readonly JsonValue[] | {
  readonly [name: string]: JsonValue;
};

/** When a folder's page for what is missing answers instead of the app. */
export type MissingPage = "never" | "navigation" | "always";
/** Whether paths without a file get /index.html: never, before the app when a client accepts HTML, or as the page for what is missing. */
export type SinglePage = boolean | "missing";

/** How requests pass between a project's static files and its code. */
export interface ProjectAssets {
  /** Absolute. */
  readonly path: string;
  /** Its name in `env`; null without one. */
  readonly binding: string | null;
  readonly singlePage: SinglePage;
  /** Which requests for what is no file get /404.html, or /index.html of a single page, instead of the app: none, all, or those that a browser goes to. */
  readonly missingPage: MissingPage;
  readonly htmlHandling: HtmlHandling;
  /** What kind of project it is. */
  readonly platform: AssetPlatform;
  /** Whether the code is asked before the files: always, never, or on paths that fit these patterns. */
  readonly workerFirst: boolean | readonly string[];
}

/** A project as NANO takes it. */
export interface WorkersProject extends ProjectBindings {
  /** Name of the file, as seen from the project's folder. */
  readonly file: string;
  /** Absolute path of the first module; null for a project of static files alone. */
  readonly main: string | null;
  readonly vars: Readonly<Record<string, JsonValue>>;
  /** Secrets that it says it cannot do without, with their lines. */
  readonly secrets: readonly { readonly name: string; readonly where: string }[];
  /** Keys of nano.json that the file fills where nano.json does not. */
  readonly entry: { readonly hostname?: readonly string[]; readonly crons?: NonNullable<WrittenApp["crons"]> };
  readonly assets: ProjectAssets | null;
  /** Its own name, or null. */
  readonly name: string | null;
  readonly build: ProjectBuild;
  readonly compatibility: Compatibility;
  /** What else it says that has no effect here, each a sentence with its line. */
  readonly notes: readonly string[];
}

/**
 * Reads the project in a folder.
 * @param environment of the file's `env`; null for its top level
 * @param options.reach absolute path of the folder that whoever runs the app lets it read; its own unless given
 * @returns null when the folder holds none
 * @throws {WranglerFileError} when its file cannot be read or says what nobody can do
 */
export async function readWorkersProject(
  folder: string,
  environment: string | null,
  { reach = folder }: { readonly reach?: string } = {},
): Promise<WorkersProject | null> {
  const file = await readWranglerFile(folder);
  let project = file === null ? null : workersProject({ folder, reach }, file, environment);
  if (project !== null && project.main !== null) return project;
  const output = file?.document["pages_build_output_dir"];
  let site = typeof output === "string" ? resolve(dirname(file!.path), output) : null;
  if (site !== null && !isInProject(reach, site)) {
    site = null;
    const note = `${file!.shown}: "pages_build_output_dir" ${outsideNote(output as string, ASSETS_INSTEAD)}`;
    project = { ...project!, notes: [...project!.notes, note] };
  }
  // A Worker without code is a folder of files, whatever else lies about.
  if (project !== null && site === null) return project;
  const pages = await readPages(folder, site);
  if (pages === null) {
    if (project === null || site === null) return project;
    return { ...project, assets: pagesAssets({ site, singlePage: await isSinglePage(site), workerFirst: false }) };
  }
  return withPages(project ?? { ...NO_PROJECT, file: pages.file }, pages);
}

/** What a folder is that only its code makes a project. */
const NO_PROJECT: Omit<WorkersProject, "file"> = {
  main: null,
  vars: {},
  secrets: [],
  entry: {},
  assets: null,
  name: null,
  build: PLAIN_BUILD,
  compatibility: { date: null, flags: [] },
  bindings: [],
  services: [],
  consumers: [],
  missing: [],
  notes: [],
};

function withPages(project: WorkersProject, pages: PagesProject): WorkersProject {
  return {
    ...project,
    main: pages.main,
    assets: pagesAssets(pages),
    build: { ...project.build, functions: pages.functions },
    notes: [...project.notes, ...pages.notes],
  };
}

function pagesAssets(
  { site, singlePage, workerFirst }: Pick<PagesProject, "site" | "singlePage" | "workerFirst">,
): ProjectAssets {
  return {
    path: site,
    binding: "ASSETS",
    singlePage: singlePage && "missing",
    // What is not on a path of the code is never the code's
    missingPage: "always",
    htmlHandling: HTML_HANDLINGS[0],
    platform: "pages",
    workerFirst,
  };
}

function workersProject(
  { folder, reach }: { readonly folder: string; readonly reach: string },
  file: WranglerFile,
  environment: string | null,
): WorkersProject {
  const reader = new WranglerReader(file, environment);
  const base = dirname(file.path);
  const within = (value: string, place: readonly (string | number)[]): string | null => {
    const path = resolve(base, value);
    const isAssets = place[0] === "assets";
    if (isInProject(isAssets ? reach : folder, path)) return path;
    reader.note(outsideNote(value, isAssets ? ASSETS_INSTEAD : undefined), place);
    return null;
  };
  const main = reader.text("main");
  const assets = reader.object("assets");
  const directory = assets?.["directory"];
  const files = typeof directory === "string" ? within(directory, ["assets"]) : null;
  const hosts = hostsOf(reader);
  const crons = cronsOf(reader);
  return {
    file: file.shown,
    // One outside is refused where it is bundled, as an entry that is missing is.
    main: main === null ? null : resolve(base, main),
    vars: (reader.object("vars") ?? {}) as Record<string, JsonValue>,
    secrets: requiredSecrets(reader),
    entry: {
      ...hosts.length === 0 ? {} : { hostname: hosts },
      ...crons.length === 0 ? {} : { crons: crons.map((schedule) => ({ schedule })) },
    },
    assets: files === null ? null : projectAssets(assets!, files, reader),
    name: reader.text("name"),
    build: projectBuild(reader, file.path, folder),
    compatibility: compatibilityOf(reader),
    ...projectBindings(reader, within),
    notes: reader.notes,
  };
}

/** Patterns of paths for the code leave all others to the files; without them that is so for navigations alone. */
function missingPage(hasPatterns: boolean, reader: WranglerReader): MissingPage {
  if (hasPatterns) return "always";
  const flags = compatibilityFlags(compatibilityOf(reader));
  return flags.includes("assets_navigation_prefers_asset_serving") ? "navigation" : "never";
}

function compatibilityOf(reader: WranglerReader): Compatibility {
  const flags = reader.value("compatibility_flags");
  return {
    date: reader.text("compatibility_date"),
    flags: (Array.isArray(flags) ? flags : []).filter((flag) => typeof flag === "string"),
  };
}

function projectAssets(assets: Readonly<Record<string, unknown>>, path: string, reader: WranglerReader): ProjectAssets {
  const { binding, not_found_handling, run_worker_first, html_handling } = assets;
  const handling = HTML_HANDLINGS.find((one) => one === html_handling);
  if (html_handling !== undefined && handling === undefined) {
    const text = `html_handling ${JSON.stringify(html_handling)} has no effect: there are ${HTML_HANDLINGS.join(", ")}`;
    reader.note(text, ["assets", "html_handling"]);
  }
  const isSinglePage = not_found_handling === "single-page-application";
  const patterns = Array.isArray(run_worker_first) ? run_worker_first.filter((one) => typeof one === "string") : null;
  return {
    path,
    binding: typeof binding === "string" ? binding : null,
    singlePage: isSinglePage && "missing",
    missingPage: isSinglePage || not_found_handling === "404-page" ? missingPage(patterns !== null, reader) : "never",
    htmlHandling: handling ?? HTML_HANDLINGS[0],
    platform: "workers",
    workerFirst: patterns ?? run_worker_first === true,
  };
}

function requiredSecrets(reader: WranglerReader): WorkersProject["secrets"] {
  const names = reader.object("secrets")?.["required"];
  return (Array.isArray(names) ? names : []).flatMap((name, at) =>
    typeof name === "string" ? [{ name, where: reader.where(["secrets", "required", at]) }] : []
  );
}

/** `routes`, `route` and custom domains as hosts; NANO serves a host whole. */
function hostsOf(reader: WranglerReader): string[] {
  const single = reader.value("route");
  const routes = reader.value("routes");
  // With both, as an environment that inherits one of them has, wrangler takes the list
  const all = Array.isArray(routes) ? routes : single === undefined ? [] : [single];
  const hosts: string[] = [];
  for (const route of all) {
    const pattern = typeof route === "string" ? route : (route as { pattern?: unknown } | null)?.pattern;
    if (typeof pattern !== "string") continue;
    const [host, ...path] = pattern.replace(/^https?:\/\//, "").split("/");
    const normal = normalizeHostPattern(host ?? "");
    if (normal === null) {
      reader.note(`route "${pattern}" has no effect: "${host}" is no host that NANO can serve`, ["routes"]);
      continue;
    }
    if (path.length > 0 && path.join("/") !== "*" && path.join("/") !== "") {
      reader.note(`route "${pattern}" takes the whole host: NANO does not route by path`, ["routes"]);
    }
    if (!hosts.includes(normal)) hosts.push(normal);
  }
  return hosts;
}

function cronsOf(reader: WranglerReader): string[] {
  const crons = reader.object("triggers")?.["crons"];
  return (Array.isArray(crons) ? crons : []).filter((schedule, at): schedule is string => {
    const fields = typeof schedule === "string" ? schedule.trim().split(/\s+/).length : 0;
    const problem = fields === 5 ? cronProblem(schedule) : "it has not five fields";
    if (problem !== null) {
      reader.note(`cron ${JSON.stringify(schedule)} has no effect: ${problem}`, ["triggers", "crons", at]);
    }
    return problem === null;
  });
}
