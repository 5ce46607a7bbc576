/** The version of NANO, as deno.json states it. */
import manifest from "../deno.json" with { type: "json" };

/** Semantic version. */
export const NANO_VERSION: string = manifest.version;
