/** What the data thread does with the file of a store, of whatever kind. */
import type { Plain } from "../protocol/binding_call.ts";
import type { DataOperation } from "./data_messages.ts";

/** An open file. */
export interface StoreFile extends Disposable {
  /** Whether it remembers something that its file does not have, so that it must stay open. */
  readonly isHeld: boolean;
  /** Whether an operation changes what is kept. */
  isWrite(operation: DataOperation): boolean;
  /** Runs calls whose writes are on the disk when it returns, or none of them is. */
  transaction<Result>(run: () => Result): Result;
  /** Runs one call; one that fails has changed nothing. */
  run(operation: DataOperation, args: readonly Plain[]): readonly Plain[];
}
