/** The mark of this run, which all that its tests start carries: a run that is killed leaves none of it behind. */
import { startReaper } from "./reaper.ts";

/** A variable for the environment of whatever is started. */
export const RUN_MARK: Readonly<Record<string, string>> = startReaper();
