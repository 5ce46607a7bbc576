/** Who uses a store of data. */

/** A binding that leads to a store. */
export interface StoreUse {
  /** Name of the app. */
  readonly app: string;
  /** What the app finds it by in `env`. */
  readonly binding: string;
}
