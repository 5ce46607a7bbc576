/** What calls of the client take. */

/** Of a change: the tag that the app must still have, as `AppView.tag`. */
export interface ChangeOptions {
  readonly ifMatch?: string;
}

/** Which lines of the log are wanted. */
export interface LogQuery {
  /** One app; without it all. */
  readonly app?: string;
  /** This level and above. */
  readonly level?: "debug" | "info" | "warn" | "error";
  /** Part of the text, without case. */
  readonly q?: string;
  /** Of requests: `404` or `5xx`. */
  readonly status?: string;
  /** Of requests. */
  readonly method?: string;
  readonly kind?: readonly ("console" | "exception" | "request" | "life")[];
  /** Share of the lines, above 0 to 1. */
  readonly sample?: number;
  /** How many of the last lines come first. */
  readonly limit?: number;
}

/** How a stream is read. */
export interface FollowOptions {
  /** Ends the stream. */
  readonly signal?: AbortSignal;
  /** Lines after this one come first, instead of the last `limit`. */
  readonly lastEventId?: number;
}

/** How a version is deployed; without `percent` and `preview` it takes the place of what serves. */
export interface DeployOptions extends ChangeOptions {
  /** Makes the app when there is none of that name. */
  readonly create?: boolean;
  /** Hosts of an app that is made; without any its name. */
  readonly hostnames?: readonly string[];
  /** Other keys of an app that is made, as in `apps[]` of nano.json. */
  readonly keys?: Readonly<Record<string, unknown>>;
  /** Part of the requests that it gets. */
  readonly percent?: number;
  /** Only on a host of its own, below this suffix or below the app's host. */
  readonly preview?: boolean | { readonly suffix: string };
  readonly note?: string;
  /** Told how many bytes of the archive were sent so far. */
  readonly onProgress?: (bytes: number) => void;
  readonly signal?: AbortSignal;
}
