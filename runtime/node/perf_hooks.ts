/** `node:perf_hooks`: the clock and histograms; nothing of the event loop, which may be another app's neighbour. */
import native from "node:perf_hooks";
import stub from "unenv/node/perf_hooks";

export * from "unenv/node/perf_hooks";

const { performance } = globalThis;
const createHistogram = (native as unknown as Record<string, unknown>)["createHistogram"] ??
  (stub as unknown as Record<string, unknown>)["createHistogram"];
const own = { performance, createHistogram };
export { createHistogram, performance };
export default { ...stub, ...own };
