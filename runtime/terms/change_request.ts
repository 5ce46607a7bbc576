/** Who asks for a change. */

/** Who asks for a change, and what must still hold. */
export interface ChangeRequest {
  /** Who asks, for log and history, as `api 127.0.0.1` or `dashboard 10.0.0.7`. */
  readonly actor: string;
  /** Tag that the app must still have, or null for any; see `AppOperations.tagOf`. */
  readonly ifMatch: string | null;
}
