/** Looks for Workers projects in the folders of a document's apps, and fills what the document leaves open. */
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { PLAIN_BUILD } from "./project_build.ts";
import type { ProjectReport } from "./resolved_config.ts";
import { readWorkersProject, type WorkersProject } from "./workers_project.ts";
import { WranglerFileError } from "./wrangler_file.ts";

/** A project, or why there is none of it. */
export interface FoundProject {
  readonly project: WorkersProject | null;
  readonly report: ProjectReport;
}

/** A document with its projects, by place in `apps`. */
export interface FilledDocument {
  readonly document: unknown;
  readonly projects: ReadonlyMap<number, FoundProject>;
  /** Places of apps whose folders may be projects, whether there is one in them or not. */
  readonly marked: ReadonlySet<number>;
}

/** What a folder has in it that is a project, at least one of them. */
const MARKS = ["wrangler.json", "wrangler.jsonc", "wrangler.toml", ".wrangler", "_worker.js", "functions"];

/** Whether a folder may be a project; hardly any of thousands is, and each that is has to be read. */
export function mayBeProject(folder: string): boolean {
  return MARKS.some((name) => existsSync(`${folder}/${name}`));
}

/** Keys of the document win; what is no app at all is left to the schema. */
export async function withProjects(
  document: unknown,
  baseDir: string,
  environment: string | null,
): Promise<FilledDocument> {
  const projects = new Map<number, FoundProject>();
  const marked = new Set<number>();
  const apps = (document as { apps?: unknown } | null | undefined)?.apps;
  if (!Array.isArray(apps)) return { document, projects, marked };
  const filled = await Promise.all(apps.map(async (app, index) => {
    if (typeof app?.path !== "string" || app.path.includes("\0") || app.wrangler === false) return app;
    const folder = resolve(baseDir, app.path);
    if (!mayBeProject(folder)) return app;
    marked.add(index);
    const own = typeof app.wrangler === "string" && app.wrangler !== "" ? app.wrangler : environment;
    const reach = typeof app.root === "string" ? { reach: resolve(baseDir, app.root) } : {};
    const found = await findProject(folder, own, reach);
    if (found === null) return app;
    projects.set(index, found);
    const { hostname, crons } = found.project?.entry ?? {};
    const hosts = hostname === undefined ? undefined : [...typeof app.name === "string" ? [app.name] : [], ...hostname];
    return {
      ...app,
      ...hosts === undefined || app.hostname !== undefined ? {} : { hostname: hosts },
      ...crons === undefined || app.crons !== undefined ? {} : { crons },
    };
  }));
  return { document: projects.size === 0 ? document : { ...document as object, apps: filled }, projects, marked };
}

async function findProject(
  folder: string,
  environment: string | null,
  reach: Parameters<typeof readWorkersProject>[2],
): Promise<FoundProject | null> {
  try {
    const project = await readWorkersProject(folder, environment, reach);
    if (project === null) return null;
    const { file, build, missing, compatibility, notes } = project;
    return { project, report: { file, error: null, build, missing, compatibility, notes } };
  } catch (error) {
    // One app's mistake is its own: the others are served.
    if (!(error instanceof WranglerFileError)) throw error;
    return {
      project: null,
      report: {
        file: "wrangler",
        error: error.message,
        build: PLAIN_BUILD,
        missing: [],
        compatibility: { date: null, flags: [] },
        notes: [],
      },
    };
  }
}
