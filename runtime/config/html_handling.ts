/** At which paths the pages of a folder of static files are found, as Cloudflare names the ways. */

/** Page at /about or /about/, at /about/ alone, at /about alone, or by the name of its file alone. */
export type HtmlHandling = "auto-trailing-slash" | "force-trailing-slash" | "drop-trailing-slash" | "none";

/** All ways; the first where nothing is said. */
export const HTML_HANDLINGS = [
  "auto-trailing-slash",
  "force-trailing-slash",
  "drop-trailing-slash",
  "none",
] as const satisfies readonly HtmlHandling[];
