/** Classes that can be called without `new`, and as the constructor of an object that was made elsewhere. */

// deno-lint-ignore no-explicit-any
type Constructor = new (...given: any[]) => object;

/**
 * Node's classes are functions: `http.Server(handler)` makes one, and packages extend them as
 * `http.ServerResponse.call(this, request)` with a prototype of their own.
 *
 * @param initialize does to an object what the constructor does to a new one
 */
export function callable<Class extends Constructor>(
  made: Class,
  initialize: (target: InstanceType<Class>, given: ConstructorParameters<Class>) => void,
): Class {
  const shown = new Proxy(made, {
    apply(target, self, given) {
      if (!(self instanceof target)) return new target(...given);
      initialize(self as InstanceType<Class>, given as ConstructorParameters<Class>);
      return undefined;
    },
  });
  Object.defineProperty(made.prototype, "constructor", { value: shown, writable: true, configurable: true });
  return shown;
}
