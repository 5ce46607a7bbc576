/** Options, descriptors and handlers for native code, which reads absent members through the prototype. */

/** The same members without a prototype: what an app puts on Object.prototype must not reach native code as an option. */
export function bare<Members extends object>(members: Members): Members {
  return { __proto__: null, ...members };
}
