/** When an entry ends, for people. */

/** In UTC, as logs are. @param seconds since the epoch */
export function expiryText(seconds: number): string {
  const end = new Date(seconds * 1000);
  return Number.isNaN(end.getTime()) ? String(seconds) : `${end.toISOString().slice(0, 19).replace("T", " ")} UTC`;
}
