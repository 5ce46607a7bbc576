/** Bytes that this isolate holds outside its heap and that no figure of V8 contains; the bootstrap adds them to each beat. */

let held = 0;

/**
 * Charges bytes to this isolate.
 * @param bytes negative to release what was charged
 */
export function chargeHeld(bytes: number): void {
  held += bytes;
}

/** What is charged now. */
export function heldBytes(): number {
  return held > 0 ? held : 0;
}
