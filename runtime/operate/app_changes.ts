/** Changes of apps: add, change, reset, remove, restart, drain, run a job. */
import { entryFingerprint } from "../config/layers.ts";
import { joinPatches, mergePatch } from "../config/merge_patch.ts";
import { messageOf, NanoError } from "../errors.ts";
import type { AppOperations, AppOrigin, ChangeRequest, DrainOutcome } from "../terms/operations.ts";
import type { KeptApp } from "../store/state_store.ts";
import type { ChangeDesk } from "./change_desk.ts";
import { emptyKeptApp, saysNothing } from "./kept_layers.ts";
import { forgetVersions } from "./version_changes.ts";

type Entry = Readonly<Record<string, unknown>>;

/** Longest name that is made up; a version's name in front must still fit a host's label. */
const MADE_NAME_LENGTH = 50;

/** The changes of apps. */
export class AppChanges implements AppOperations {
  readonly #desk: ChangeDesk;

  constructor(desk: ChangeDesk) {
    this.#desk = desk;
  }

  tagOf(app: string): string {
    return this.#desk.tagOf(app);
  }

  originOf(app: string): AppOrigin {
    this.#desk.unit(app, "show");
    const source = this.#desk.config.layers.sources[app];
    const { patch, activeVersion, previousVersion, rollout } = this.#desk.row(app);
    return {
      source: source?.from ?? "file",
      versionOf: source?.from === "version" ? source.app : null,
      overrides: source?.from === "file" ? patch : null,
      deployed: activeVersion,
      previous: previousVersion,
      rollout,
    };
  }

  async add(entry: Entry, by: ChangeRequest): Promise<string> {
    const desk = this.#desk;
    const name = typeof entry["name"] === "string" ? entry["name"] : freeName(desk, entry);
    await desk.change({ by, action: "app.add", app: name, verb: `add app "${name}"` }, () => {
      if (desk.tools.generations.unit(name) !== null) {
        throw new NanoError("CONFLICT", `Cannot add app "${name}": there is an app of this name`);
      }
      // What is left of an app that had the name before is not what this one asks for.
      const row: KeptApp = { ...emptyKeptApp(name), hides: desk.row(name).hides, entry: { ...entry, name } };
      const path = entry["path"];
      return { row, detail: `Added app "${name}"${typeof path === "string" ? ` from "${path}"` : ""}` };
    });
    return name;
  }

  change(app: string, patch: Entry, by: ChangeRequest): Promise<void> {
    const desk = this.#desk;
    return desk.change({ by, action: "app.change", app, verb: `change app "${app}"` }, () => {
      const source = desk.ownSource(app, "change");
      if ("name" in patch && patch["name"] !== app) {
        throw new NanoError("CONFLICT", `Cannot change app "${app}": a name is for good; add another app instead`);
      }
      const row = desk.row(app);
      const changed = source.from === "api"
        ? { ...row, entry: mergePatch(row.entry, patch) as Entry }
        : { ...row, patch: orNull(joinPatches(row.patch ?? {}, patch, source.entry) as Entry) };
      return { row: changed, detail: `Changed ${Object.keys(patch).join(", ")} of app "${app}"` };
    });
  }

  reset(app: string, by: ChangeRequest): Promise<void> {
    const desk = this.#desk;
    return desk.change({ by, action: "app.change", app, verb: `reset app "${app}"` }, () => {
      if (desk.ownSource(app, "reset").from === "api") {
        throw new NanoError("CONFLICT", `Cannot reset app "${app}": nano.json does not name it`);
      }
      return { row: { ...desk.row(app), patch: null }, detail: `App "${app}" is as nano.json has it` };
    });
  }

  async remove(app: string, by: ChangeRequest): Promise<DrainOutcome> {
    const desk = this.#desk;
    const source = desk.config.layers.sources[app];
    if (source?.from === "version") return await closeVersion(desk, { name: app, app: source.app }, by);
    let versions: readonly string[] = [];
    const outcome = await desk.draining(
      app,
      () =>
        desk.change({ by, action: "app.remove", app, verb: `remove app "${app}"` }, () => {
          versions = desk.versions(app).map(({ version }) => version);
          return {
            row: { ...emptyKeptApp(app), hides: hiddenBy(desk, app) },
            removeVersions: versions.map((version) => ({ app, version })),
            detail: `Removed app "${app}"`,
          };
        }),
    );
    await forgetVersions(desk, app, versions);
    return outcome;
  }

  restart(app: string, by: ChangeRequest): Promise<void> {
    const desk = this.#desk;
    return desk.act({ by, action: "app.restart", app, verb: `restart app "${app}"` }, async () => {
      desk.unit(app, "restart");
      const { generations, quarantine } = desk.tools;
      const released = quarantine.release(app);
      await generations.advance(desk.config, { strict: true, only: new Set(), force: new Set([app]) })
        .catch((error) => {
          quarantine.add(released);
          throw error instanceof NanoError && error.code === "CONFIG_INVALID" ? failure(app, error.details) : error;
        });
      const { state, error } = desk.unit(app, "restart").snapshot();
      // It had failed before, so that its failing again refuses nothing; whoever asked must know all the same.
      if (state === "failed") {
        throw failure(app, error?.split("\n") ?? []);
      }
      return `Restarted app "${app}"`;
    });
  }

  /** Other changes need not wait for the app's slowest request. */
  drain(app: string, by: ChangeRequest): Promise<DrainOutcome> {
    const desk = this.#desk;
    return desk.draining(
      app,
      () =>
        desk.record({ by, action: "app.drain", app, verb: `drain app "${app}"` }, async () => {
          await desk.unit(app, "drain").stop();
          return `Took app "${app}" out of service`;
        }),
    );
  }

  async runCron(app: string, name: string, by: ChangeRequest): Promise<boolean> {
    const desk = this.#desk;
    const verb = `run "${name}" of app "${app}"`;
    let isOk = false;
    await desk.record({ by, action: "cron.run", app, verb }, async () => {
      const unit = desk.unit(app, `run "${name}" of`);
      if (!unit.app.crons.some((one) => one.name === name)) {
        throw new NanoError("NOT_FOUND", `Cannot ${verb}: there is no such cron`);
      }
      const ran = await desk.tools.runCron(unit, name);
      if (ran === null) throw new NanoError("CONFLICT", `Cannot ${verb}: it runs already`);
      isOk = ran;
      return `Ran "${name}" of app "${app}": it ${isOk ? "went well" : "failed"}`;
    });
    return isOk;
  }
}

/** What a removal hides: an app of nano.json stays away until its entry there is edited. */
function hiddenBy(desk: ChangeDesk, app: string): string | null {
  const { hides, entry } = desk.row(app);
  // One that was set aside does not run, and can be removed all the same.
  if (desk.tools.generations.unit(app) === null && entry !== null) return hides;
  const source = desk.ownSource(app, "remove");
  return source.from === "file" ? entryFingerprint(source.entry) : hides;
}

/**
 * Forgets removals that have come to their end: the entry was edited, or is gone. Otherwise an edit back to the old text
 * would remove the app once more.
 */
export function endHiding(desk: ChangeDesk): void {
  const { hidden, setAside, given } = desk.config.layers;
  const ended = given.map((name) => desk.row(name)).filter(({ name, hides }) =>
    hides !== null && !hidden.includes(name) && !setAside.some(({ app }) => app === name)
  );
  if (ended.length === 0) return;
  const rows = ended.map((row) => ({ ...row, hides: null }));
  try {
    desk.tools.store.commit({
      apps: rows.filter((row) => !saysNothing(row)),
      forgetApps: rows.filter(saysNothing).map(({ name }) => name),
    });
    desk.kept.reread(ended.map(({ name }) => name));
  } catch (error) {
    // The next change tries again.
    desk.tools.events.emit({ event: "warning", text: `Cannot forget a removal: ${messageOf(error)}` });
  }
}

/** Ends a preview or a rollout, which runs as an app of its own. */
async function closeVersion(
  desk: ChangeDesk,
  { name, app }: { name: string; app: string },
  by: ChangeRequest,
): Promise<DrainOutcome> {
  const version = name.slice(0, name.indexOf("--"));
  return await desk.draining(
    name,
    () =>
      desk.change({ by, action: "app.remove", app, tagged: name, verb: `remove app "${name}"` }, () => {
        const row = desk.row(app);
        return {
          row: row.rollout?.version === version ? { ...row, rollout: null } : row,
          setPreview: [{ app, version, previewHost: null }],
          detail: `${version} of app "${app}" no longer runs beside it`,
        };
      }),
  );
}

function failure(app: string, details: readonly string[]): NanoError {
  return new NanoError("APP_FAILED", `Cannot restart app "${app}": ${details[0]}`, { details });
}

function orNull(patch: Entry): Entry | null {
  return Object.keys(patch).length === 0 ? null : patch;
}

/** A name for an app that was given none: its host's first label, or its folder. */
function freeName(desk: ChangeDesk, { hostname, path }: Entry): string {
  const host = Array.isArray(hostname) ? hostname[0] : hostname;
  const text = typeof host === "string" ? host.replace(/^\*\./, "").split(".")[0]! : String(path ?? "");
  const last = text.split(/[/\\]/).filter((part) => part !== "" && part !== ".").at(-1) ?? "";
  const plain = last.toLowerCase().replace(/\.[a-z]+$/, "").replace(/[^a-z0-9]+/g, "-").replace(/^-+|-+$/g, "");
  const base = plain === "" ? "app" : plain.slice(0, MADE_NAME_LENGTH);
  for (let count = 1;; count++) {
    const name = count === 1 ? base : `${base}-${count}`;
    if (desk.tools.generations.unit(name) === null && desk.row(name).entry === null) return name;
  }
}
