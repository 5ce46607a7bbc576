/** `node:test` of an app: there is nobody to run tests for. */
const refuse = (name: string) =>
  Object.defineProperty(
    () => {
      throw new Error(`Cannot call node:test.${name}: an app answers requests and runs no tests`);
    },
    "name",
    { value: name },
  );

export const test = refuse("test");
export const describe = refuse("describe");
export const suite = refuse("suite");
export const it = refuse("it");
export const before = refuse("before");
export const after = refuse("after");
export const beforeEach = refuse("beforeEach");
export const afterEach = refuse("afterEach");
export const run = refuse("run");
export const mock = { fn: refuse("mock.fn"), method: refuse("mock.method"), reset() {}, restoreAll() {} };

export const skip = refuse("skip");
export const todo = refuse("todo");
export const only = refuse("only");
export const getTestContext = (): undefined => undefined;

export default Object.assign(test, {
  ...{ test, describe, suite, it, before, after, beforeEach, afterEach, run, mock },
  ...{ skip, todo, only, getTestContext },
});
