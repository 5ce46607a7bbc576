/** Whose manners a folder of static files has. */

/**
 * Those of a Workers project, which keeps a path of its files from the code for all methods and sends clients to the one
 * spelling of it; those of a Pages project, whose files other sites may read; or, null, NANO's own.
 */
export type AssetPlatform = "workers" | "pages" | null;
