/** What the owner of a running NANO gives it and gets from it. */
import type { FlightSink } from "./pool/flight_recorder.ts";
import type { Patience } from "./terms/app_call.ts";
import type { AppLayer } from "./config/layers.ts";
import type { NanoConfig } from "./config/resolved_config.ts";
import type { Conviction } from "./store/quarantine_file.ts";

/** How NANO runs, beside what its configuration says. */
export interface NanoOptions {
  /** Takes the log's lines. Default: stdout. */
  readonly write?: (text: string) => void;
  /** Whether pretty log lines are coloured. */
  readonly color?: boolean;
  /** Zone of the times in pretty log lines, an IANA name; that of the process by default. */
  readonly timeZone?: string;
  /**
   * Reads the configuration anew; without it a reload looks at the apps' code only. It has to pass the layers on to
   * `loadConfig` or `resolveConfig`.
   */
  readonly reloadConfig?: (layers: readonly AppLayer[]) => Promise<NanoConfig>;
  /** Whether edits of files take effect by themselves. */
  readonly watch?: boolean;
  /** `nano dev`: answers hold stacks, and an edit that breaks an app takes effect, so that its author sees the mistake. */
  readonly dev?: boolean;
  /** `nano eval`: a request runs the app's entry as a script, and the answer tells how it went. */
  readonly evaluate?: boolean;
  /** Keeps notes of what the isolates do where they survive the death of this process. */
  readonly flight?: FlightSink;
  /** Versions of apps that are quarantined from now on, beside those that the state folder knows. */
  readonly convictions?: readonly Conviction[];
  /** Apps that may have ended the process before this one, the least suspected first: they boot last, and alone. */
  readonly suspects?: readonly string[];
  /** How long slow clients are borne with; for tests, which have less time than the default grants. */
  readonly patience?: Patience;
}
