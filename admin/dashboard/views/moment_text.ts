/** When something was, or will be, for people. */

/** In UTC, as logs are. @param at ms since the epoch */
export function momentText(at: number): string {
  const moment = new Date(at);
  return Number.isNaN(moment.getTime()) ? String(at) : `${moment.toISOString().slice(0, 19).replace("T", " ")} UTC`;
}
