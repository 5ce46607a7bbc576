/** The key of the version among an app's bindings. */
import { z } from "zod";

/** `{ "version_metadata": true }`. */
export const versionMetadataConfig = z.literal(true, "expected true").meta({
  description: "`{ id, tag, timestamp }` of the app's version that runs.",
});
