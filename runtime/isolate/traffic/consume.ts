/** Runs a batch of messages against an app: what goes wrong is told to the log, what becomes of it to the host. */
import { EXCEPTION_LEVEL } from "../../protocol/messages.ts";
import { OP } from "../../protocol/operations.ts";
import { assign } from "../../protocol/primordials.ts";
import type { CrossingBatch } from "../../protocol/queue_batch.ts";
import type { Wire } from "../../protocol/wire.ts";
import { describeError } from "./describe_error.ts";
import { type AppQueue, runQueueBatch } from "./queue_batch.ts";

/** The part of a loaded app that it takes. */
export interface Consumer {
  readonly queue: AppQueue | null;
  readonly env: Record<string, unknown>;
}

/** @returns as {@linkcode runQueueBatch} */
export function consume({ queue, env }: Consumer, batch: CrossingBatch, wire: Wire): Promise<string> {
  return runQueueBatch(queue, batch, {
    env: assign({}, env),
    report(error) {
      const { name, message, stack } = describeError(error);
      wire.out.push(OP.LOG, EXCEPTION_LEVEL, stack === "" ? `${name}: ${message}` : stack);
    },
    warn: (text) => void wire.out.push(OP.LOG, "warn", text),
    nameOf: (error) => describeError(error).name,
  });
}
