/** At which paths the pages of a folder of static files are found, as Cloudflare names the ways. */

/** All ways; the first where nothing is said. */
export const HTML_HANDLINGS = ["auto-trailing-slash", "force-trailing-slash", "drop-trailing-slash", "none"] as const;

/** One of {@linkcode HTML_HANDLINGS}. */
export type HtmlHandling = (typeof HTML_HANDLINGS)[number];
