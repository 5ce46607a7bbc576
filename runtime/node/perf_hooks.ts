/** `node:perf_hooks`: the clock and histograms; nothing of the event loop, which may be another app's neighbour. */
import native from "node:perf_hooks";
import stub from "unenv/node/perf_hooks";

export * from "unenv/node/perf_hooks";

const { performance } = globalThis;
// As in Node these are members of the global object; hapi and others ask for them while they are loaded.
const idle = { idle: 0, active: 0, utilization: 0 };
const eventLoopUtilization = () => ({ ...idle });
const timerify = (call: unknown) => call;
for (const [name, value] of Object.entries({ eventLoopUtilization, timerify })) {
  Object.defineProperty(performance, name, { value, writable: true, configurable: true });
}
const createHistogram = (native as unknown as Record<string, unknown>)["createHistogram"] ??
  (stub as unknown as Record<string, unknown>)["createHistogram"];
const own = { createHistogram, eventLoopUtilization, performance, timerify };
export { createHistogram, eventLoopUtilization, performance, timerify };
export default { ...stub, ...own };
