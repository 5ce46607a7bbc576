/** The key of a KV namespace among an app's bindings. */
import { z } from "zod";

const rule = 'expected the name of a namespace: 1 to 63 of a-z, 0-9 and "-", not beginning with "-"';

/** `{ "kv": "cache" }`: apps that name the same namespace share it. */
export const kvConfig = z.string(rule).regex(/^[a-z0-9][a-z0-9-]{0,62}$/, rule).meta({
  description: "Name of a KV namespace, kept in `state_dir`. Apps that name the same one share it.",
});
