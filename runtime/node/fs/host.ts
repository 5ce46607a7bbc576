/** What NANO answers a module of Node's: the isolate has put it under a registered symbol before any app ran. */

interface Host {
  call(...given: unknown[]): Promise<unknown>;
  callSync(...given: unknown[]): unknown;
  /** What the app may hold outside its heap. */
  readonly externalBytes: number;
  /** What of it may be kept under /tmp. */
  readonly temporaryBytes: number;
}

export const host: Host = (globalThis as unknown as Record<symbol, Host>)[Symbol.for("nano.host")]!;
