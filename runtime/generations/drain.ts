/** The drain of a whole NANO: nothing new is begun, what is in flight is finished, then everything ends. */
import type { Clock } from "../clock.ts";
import type { EventHub } from "../terms/events.ts";
import type { Generations } from "./generations.ts";
import { countedDrain, type DrainResult, type WindDown, windDown } from "./wind_down.ts";

export type { DrainResult };

/** What is drained. */
export interface DrainedHost extends Pick<WindDown, "bodiesRead" | "shutdown"> {
  readonly generations: Pick<Generations, "present" | "stopping" | "settled" | "close">;
  readonly events: EventHub;
  readonly clock: Clock;
  /** Ends what brings work by itself, new requests and installations included: a registry must not hold up the end. */
  readonly stopTaking: () => void;
  /** Ends the jobs' schedule, once no reload is under way that could set another. */
  readonly stopJobs: () => void;
}

/** Drains, for as long as the configuration in force allows. @returns what it finished and what it cut */
export async function drainHost(host: DrainedHost): Promise<DrainResult> {
  const { generations, events, clock, bodiesRead, shutdown } = host;
  const { drainTimeoutMs: timeoutMs } = generations.present.config;
  const units = [...generations.present.units.values(), ...generations.stopping.keys()];
  return await countedDrain(units, { events, timeoutMs }, async () => {
    host.stopTaking();
    generations.close();
    // A reload under way ends what it has started.
    await generations.settled;
    host.stopJobs();
    const { present, stopping } = generations;
    await windDown({ units: [...present.units.values()], stopping, bodiesRead, shutdown, timeoutMs }, clock);
  });
}
