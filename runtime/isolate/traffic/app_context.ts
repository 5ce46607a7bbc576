/** What an app's handlers get beside the request and the env. */

/** Third argument of an app's handler. */
export interface AppContext {
  waitUntil(promise: unknown): void;
  passThroughOnException(): void;
  readonly remoteAddr: { readonly transport: "tcp"; readonly hostname: string; readonly port: number };
}
