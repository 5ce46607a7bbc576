/** What a peer does that no peer may do. */

/** The peer broke the protocol; the connection to it cannot be trusted any more. */
export class WireViolation extends Error {
  override readonly name: string = "WireViolation";
}
