/** A turn's operations on their way, and how a batch that has arrived is taken apart. */
import { FIELDS_BY_CODE, type FieldsOf, type OperationCode, type OperationFields, OPERATIONS } from "./operations.ts";
import type { OperationName } from "./operations.ts";
import { WireViolation } from "./wire_violation.ts";

type AllButLast<Fields extends readonly unknown[]> = Fields extends [...infer First, unknown] ? First : never;

/** Collects the operations of one turn. The types count: what an operation needs is written down once, in the table. */
export interface Outgoing extends ArrayLike<unknown> {
  /** Adds a whole operation. */
  push<Code extends OperationCode>(code: Code, ...fields: FieldsOf<Code>): void;
  /** Adds an operation but for its last field, which `Wire.pushBytes` has to add next. */
  begin<Code extends OperationCode>(code: Code, ...fields: AllButLast<FieldsOf<Code>>): void;
}

/**
 * Operations of one turn. Cut off from Array.prototype and Object.prototype, where an app may have replaced `push` or
 * put setters on indices: it would get hold of the list and could write the host any operation in the isolate's name.
 */
class Batch extends Array<unknown> {}
for (const name of ["push", "begin"]) Object.defineProperty(Batch.prototype, name, { value: Array.prototype.push });
Object.setPrototypeOf(Batch.prototype, null);

/** An empty batch, as what is sent and as what is written to. */
export function newBatch(): unknown[] & Outgoing {
  return new Batch() as unknown[] & Outgoing;
}

/** Adds the last field of an operation that was begun. */
export function addLast(batch: ReturnType<typeof newBatch>, field: unknown): void {
  // deno-lint-ignore natives/method -- it has a `push` of its own
  batch.push(field);
}

/** Fields as they arrive: of any type until they were looked at. */
export type Untrusted<Fields extends readonly unknown[]> = { [Index in keyof Fields]: unknown };

/** What one side does for the operations that it takes. */
export type Handlers<Names extends OperationName> = {
  readonly [Name in Names]: (...fields: Untrusted<OperationFields[Name]>) => void;
};

/** Handlers by the code of their operation. */
export type HandlerTable = readonly (((...fields: unknown[]) => void) | null)[];

/** Makes the table that {@linkcode runBatch} works with; operations that are not among the handlers are violations. @boot */
export function handlerTable<Names extends OperationName>(handlers: Handlers<Names>): HandlerTable {
  const table: (((...fields: unknown[]) => void) | null)[] = FIELDS_BY_CODE.map(() => null);
  for (const name of Object.keys(handlers) as Names[]) {
    table[OPERATIONS[name].code] = handlers[name] as (...fields: unknown[]) => void;
  }
  return table;
}

/** What happens around the operations of a batch. */
export interface BatchSteps {
  /** Before each. */
  readonly before?: () => void;
  /** Takes what one has thrown, and those behind it are run all the same; without it the batch ends there. */
  readonly onError?: (error: unknown) => void;
  /** After each: whether the next may run as well. */
  readonly hasTime?: () => boolean;
  /** Index of the operation that comes first. */
  readonly from?: number;
}

/**
 * Runs a batch, one operation after the other.
 * @returns index of the operation that comes next, or beyond the last one
 * @throws {WireViolation} for what is no operation, or none that this side takes
 */
export function runBatch(batch: readonly unknown[], table: HandlerTable, steps: BatchSteps = {}): number {
  const { before, onError, hasTime, from = 0 } = steps;
  let at = from;
  while (at < batch.length) {
    const code = batch[at];
    // A text such as "length" would be found too
    const handler = typeof code === "number" ? table[code] : null;
    if (handler === null || handler === undefined) throw new WireViolation("an unknown operation");
    before?.();
    try {
      runOne(handler, batch, at);
    } catch (error) {
      if (onError === undefined) throw error;
      onError(error);
    }
    at += 1 + FIELDS_BY_CODE[code as number]!;
    if (hasTime !== undefined && !hasTime()) break;
  }
  return at;
}

/** No array of the fields: this is the hot path. */
function runOne(handler: (...fields: unknown[]) => void, batch: readonly unknown[], at: number): void {
  switch (FIELDS_BY_CODE[batch[at] as number]) {
    case 0:
      return handler();
    case 1:
      return handler(batch[at + 1]);
    case 2:
      return handler(batch[at + 1], batch[at + 2]);
    case 3:
      return handler(batch[at + 1], batch[at + 2], batch[at + 3]);
    case 4:
      return handler(batch[at + 1], batch[at + 2], batch[at + 3], batch[at + 4]);
    case 5:
      return handler(batch[at + 1], batch[at + 2], batch[at + 3], batch[at + 4], batch[at + 5]);
    case 6:
      return handler(batch[at + 1], batch[at + 2], batch[at + 3], batch[at + 4], batch[at + 5], batch[at + 6]);
    default:
      return handler(
        batch[at + 1],
        batch[at + 2],
        batch[at + 3],
        batch[at + 4],
        batch[at + 5],
        batch[at + 6],
        batch[at + 7],
      );
  }
}
