/** The key of an R2 bucket among an app's bindings. */
import { z } from "zod";

const rule = 'expected the name of a bucket: 1 to 63 of a-z, 0-9 and "-", not beginning with "-"';

/** `{ "r2": "files" }`: apps that name the same bucket share it. */
export const r2Config = z.string(rule).regex(/^[a-z0-9][a-z0-9-]{0,62}$/, rule).meta({
  description: "Name of an R2 bucket, kept in `state_dir`. Apps that name the same one share it.",
});
