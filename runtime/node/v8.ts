/** `node:v8`, as far as it only computes: values as bytes, and the isolate's own figures. */
import native from "node:v8";
import stub from "unenv/node/v8";

export * from "unenv/node/v8";

const { serialize, deserialize, getHeapStatistics } = native;
const refuse = (name: string) => () => {
  throw new Error(`Cannot call node:v8.${name}: it reaches past the isolate`);
};
const writeHeapSnapshot = refuse("writeHeapSnapshot");
const getHeapSnapshot = refuse("getHeapSnapshot");
const setFlagsFromString = refuse("setFlagsFromString");
const own = {
  ...{ serialize, deserialize, getHeapStatistics, writeHeapSnapshot, getHeapSnapshot, setFlagsFromString },
};
export { deserialize, getHeapSnapshot, getHeapStatistics, serialize, setFlagsFromString, writeHeapSnapshot };
export default { ...stub, ...own };
