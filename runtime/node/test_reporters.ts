/** `node:test/reporters` of an app: there is nothing to report. */
function refuse(): never {
  throw new Error("Cannot call node:test/reporters: an app answers requests and runs no tests");
}

export { refuse as dot, refuse as junit, refuse as lcov, refuse as spec, refuse as tap };
export default { dot: refuse, junit: refuse, lcov: refuse, spec: refuse, tap: refuse };
