/** Puts a function in the place of Deno.serve, which servers of `node:http` hand their handler to. */

/** @param serve told of each handler */
export function stubbedServe(serve: () => void): Disposable {
  const native = Deno.serve;
  Object.defineProperty(Deno, "serve", { value: serve, configurable: true, writable: true });
  return {
    [Symbol.dispose]() {
      Object.defineProperty(Deno, "serve", { value: native, configurable: true, writable: true });
    },
  };
}
