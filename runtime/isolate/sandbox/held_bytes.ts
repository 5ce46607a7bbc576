/** Bytes that this isolate holds outside its heap and that no figure of V8 contains; the bootstrap adds them to each beat. */

let held = 0;
const measures: (() => number)[] = [];

/**
 * Charges bytes to this isolate.
 * @param bytes negative to release what was charged
 */
export function chargeHeld(bytes: number): void {
  held += bytes;
}

/** Adds what is measured anew at each beat. */
export function measureHeld(measure: () => number): void {
  measures[measures.length] = measure;
}

/** What is charged and measured now. */
export function heldBytes(): number {
  let bytes = held > 0 ? held : 0;
  // By index: the app may have replaced the iterator of arrays.
  for (let index = 0; index < measures.length; index++) bytes += measures[index]!();
  return bytes;
}
