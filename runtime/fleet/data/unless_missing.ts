/** Stores whose stream was never made hold nothing. */
import { natsFailure } from "../nats_failures.ts";

/** @param none what it comes to without a stream */
export async function unlessMissing<T>(none: T, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (natsFailure(error) === "missing") return none;
    throw error;
  }
}
