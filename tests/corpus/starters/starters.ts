/** The starters that are tried, in the order of the table. */
import type { Starter } from "./starter.ts";
import { SERVERS } from "./servers.ts";
import { FRAMEWORKS } from "./frameworks.ts";
import { SITES } from "./sites.ts";

export const STARTERS: readonly Starter[] = [...SITES, ...FRAMEWORKS, ...SERVERS];
