/** Charges shared buffers, whose memory is in no figure of V8, until the object that each came with is collected. */
import { uncurry } from "../../protocol/primordials.ts";
import { chargeHeld } from "./held_bytes.ts";

const freed = new FinalizationRegistry<number>((bytes) => chargeHeld(-bytes));
const register = uncurry(FinalizationRegistry.prototype.register) as (
  registry: FinalizationRegistry<number>,
  buffer: object,
  bytes: number,
) => void;

/** @param bytes that it has got */
export function chargeShared(buffer: object, bytes: number): void {
  if (bytes <= 0) return;
  chargeHeld(bytes);
  register(freed, buffer, bytes);
}
