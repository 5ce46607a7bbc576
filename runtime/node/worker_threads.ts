/** `node:worker_threads` of an app, which has one thread: the main one. */
import stub from "unenv/node/worker_threads";
import { refusing } from "./past_isolate.ts";

export * from "unenv/node/worker_threads";

export const isMainThread = true;
export const threadId = 0;
export const threadName = "";
export const parentPort = null;
export const workerData = null;
export const resourceLimits = {};
const { MessageChannel, MessagePort } = globalThis;
export { MessageChannel, MessagePort };

export class Worker {
  constructor() {
    refusing("worker_threads", "Worker")();
  }
}

/** Between threads, of which there is one. */
export const locks = {
  request: refusing("worker_threads", "locks.request"),
  query: refusing("worker_threads", "locks.query"),
};

const own = {
  ...{ isMainThread, locks, threadId, threadName, parentPort, workerData, resourceLimits },
  ...{ MessageChannel, MessagePort, Worker },
};
export default { ...stub, ...own };
