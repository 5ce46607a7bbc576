/** What the engines of queues refuse. */
import { BindingError } from "../protocol/binding_call.ts";

/** That messages would not fit. @param maxBytes that the queue may hold */
export function queueFull(maxBytes: number): BindingError {
  return full(`the queue would hold more than storage_mb allows, ${Math.floor(maxBytes / 1024 / 1024)} MiB`);
}

/** That there would be too many. @param most that a queue of the engine may have */
export function tooManyMessages(most: number): BindingError {
  return full(`the queue would hold more than ${most} messages`);
}

function full(why: string): BindingError {
  return new BindingError(`Storage Limit Exceeded: ${why}`, { code: "STORAGE_FULL" });
}
