/** `node:v8`, as far as it only computes: values as bytes, and the isolate's own figures. */
import native from "node:v8";
import stub from "unenv/node/v8";
import { refusing } from "./past_isolate.ts";

export * from "unenv/node/v8";

const { serialize, deserialize, getHeapStatistics } = native;
const writeHeapSnapshot: () => never = refusing("v8", "writeHeapSnapshot");
const getHeapSnapshot: () => never = refusing("v8", "getHeapSnapshot");
const setFlagsFromString: () => never = refusing("v8", "setFlagsFromString");
const own = {
  ...{ serialize, deserialize, getHeapStatistics, writeHeapSnapshot, getHeapSnapshot, setFlagsFromString },
};
export { deserialize, getHeapSnapshot, getHeapStatistics, serialize, setFlagsFromString, writeHeapSnapshot };
export default { ...stub, ...own };
