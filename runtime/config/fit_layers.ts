/** Finds out which layers fit a document; those that do not are set aside, and hold nobody down. */
import { NanoError } from "../errors.ts";
import type { SetAside } from "../terms/operations.ts";
import { type AppLayer, applyLayers, type LayerReport } from "./layers.ts";
import type { NanoConfig } from "./resolved_config.ts";

/** A checked document that nothing was laid over yet. */
export type CheckedDocument = Omit<NanoConfig, "layers" | "withLayers">;

/** What {@linkcode fitLayers} works with. */
export interface FitTools {
  /** Absolute path of the folder that relative paths start at. */
  readonly baseDir: string;
  /** Checks a document. @throws {NanoError} CONFIG_INVALID with every mistake */
  readonly check: (document: unknown, laid: Laid) => Promise<CheckedDocument>;
}

/** What layers say of a document that they lie over. */
export interface Laid {
  /** Names of its apps that are versions of others. */
  readonly versions: ReadonlySet<string>;
  /** Folders that need not be there yet. */
  readonly coming: ReadonlySet<string>;
}

/** The configuration, and what came of the layers. */
export interface Fitted {
  readonly config: CheckedDocument;
  readonly report: LayerReport;
}

/**
 * Lays as many layers over the document as fit; of two that exclude each other the older one stays.
 *
 * @param layers the oldest change first
 * @throws {NanoError} CONFIG_INVALID with the mistakes of the document itself
 */
export async function fitLayers(document: unknown, layers: readonly AppLayer[], tools: FitTools): Promise<Fitted> {
  const given = layers.map(({ name }) => name);
  const laid = async (some: readonly AppLayer[], misfits: readonly SetAside[]): Promise<Fitted> => {
    const { document: whole, report } = applyLayers(document, some, tools.baseDir);
    const config = await tools.check(whole, laidOf(report, some));
    return { config, report: { ...report, setAside: [...misfits, ...report.setAside], given } };
  };
  const attempt = (some: readonly AppLayer[], misfits: readonly SetAside[]) => orNull(laid(some, misfits));

  const all = await attempt(layers, []);
  if (all !== null) return all;
  // Whose mistake is it? The document alone first: its mistakes refuse it, as ever.
  await laid([], []);
  // The last one is the newest: a change that is being asked for, and most often the culprit.
  const [newest] = layers.slice(-1);
  const others = layers.slice(0, -1);
  if (await attempt(others, []) !== null) {
    const misfit = await reasonsAgainst(document, { others, layer: newest!, tools });
    const fitted = await attempt(others, [misfit]);
    if (fitted !== null) return fitted;
  }
  const fitting: AppLayer[] = [];
  const misfits: SetAside[] = [];
  // By halves: one culprit among hundreds is found with a few checks, each of which looks at every app.
  const take = async (some: readonly AppLayer[]): Promise<void> => {
    if (some.length === 0) return;
    if (await attempt([...fitting, ...some], []) !== null) {
      fitting.push(...some);
    } else if (some.length === 1) {
      misfits.push(await reasonsAgainst(document, { others: fitting, layer: some[0]!, tools }));
    } else {
      const half = Math.ceil(some.length / 2);
      await take(some.slice(0, half));
      await take(some.slice(half));
    }
  };
  await take(layers);
  return await laid(fitting, misfits);
}

/**
 * A configuration with other layers over the document that it came from. Layers concern the apps alone: all else stays,
 * also what the command line has put in the place of the document's.
 */
export async function relayered(config: NanoConfig, given: readonly AppLayer[]): Promise<NanoConfig> {
  const { apps, secretFiles, layers, withLayers } = await config.withLayers(given);
  return { ...config, apps, secretFiles, layers, withLayers };
}

/** Why a layer does not fit. */
async function reasonsAgainst(
  document: unknown,
  { others, layer, tools }: { others: readonly AppLayer[]; layer: AppLayer; tools: FitTools },
): Promise<SetAside> {
  const all = [...others, layer];
  const { document: whole, report } = applyLayers(document, all, tools.baseDir);
  try {
    await tools.check(whole, laidOf(report, all));
    // The world outside, as a folder or a variable, has changed meanwhile.
    return { app: layer.name, reasons: ["it did not fit a moment ago"] };
  } catch (error) {
    if (!(error instanceof NanoError)) throw error;
    return { app: layer.name, reasons: error.details.map((line) => byAppName(line, whole, layer.name)) };
  }
}

function laidOf({ sources }: Pick<LayerReport, "sources">, layers: readonly AppLayer[]): Laid {
  return {
    versions: new Set(Object.keys(sources).filter((name) => sources[name]!.from === "version")),
    coming: new Set(layers.flatMap(({ coming = [] }) => coming)),
  };
}

/** A mistake with names of apps in the place of their numbers, which only count in a document that nobody wrote. */
function byAppName(line: string, document: unknown, own: string): string {
  const apps = (document as { readonly apps?: readonly { readonly name?: unknown }[] }).apps ?? [];
  return line.replace(/\bapps\[(\d+)\]\.(\S+)/g, (_whole, index: string, key: string) => {
    const name = apps[Number(index)]?.name;
    return name === own ? key : `"${key}" of app "${String(name)}"`;
  });
}

async function orNull(work: Promise<Fitted>): Promise<Fitted | null> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof NanoError) return null;
    throw error;
  }
}
