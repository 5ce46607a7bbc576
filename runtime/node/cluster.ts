/** `node:cluster` of the only process that an app has: nothing ever happens to workers that there are none of. */
import { EventEmitter } from "node:events";
import { refusing } from "./past_isolate.ts";

export class Worker extends EventEmitter {}

export const SCHED_NONE = 1;
export const SCHED_RR = 2;
export const isMaster = true;
export const isPrimary = true;
export const isWorker = false;
export const schedulingPolicy = SCHED_RR;
export const settings = {};
export const worker = undefined;
export const workers = {};
export const fork: () => never = refusing("cluster", "fork");
export const setupPrimary: () => never = refusing("cluster", "setupPrimary");
export const setupMaster: () => never = refusing("cluster", "setupMaster");
export const disconnect = (callback?: () => void): void => {
  if (callback !== undefined) queueMicrotask(callback);
};

/** Loggers listen to it for lines of their workers. */
const cluster = Object.assign(new EventEmitter(), {
  ...{ Worker, SCHED_NONE, SCHED_RR, isMaster, isPrimary, isWorker, schedulingPolicy, settings, worker, workers },
  ...{ fork, setupPrimary, setupMaster, disconnect },
});
export default cluster;
