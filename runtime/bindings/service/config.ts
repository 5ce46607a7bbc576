/** The keys of a service among an app's bindings. */
import { z } from "zod";

const nameRule = 'expected the name of an app: 1 to 63 of a-z, 0-9 and "-", not beginning with "-"';
const entryRule = 'expected the name of an export, such as "Admin"';
const propsRule = "expected an object of JSON values";

/** `{ "service": "auth" }`. */
export const serviceConfig = z.string(nameRule).regex(/^[a-z0-9][a-z0-9-]{0,62}$/, nameRule).meta({
  description: "Name of another app, called by `env.NAME.fetch(request)` and by the methods of its entrypoint.",
});

/** What may stand beside it. */
export const SERVICE_OPTIONS = {
  entrypoint: z.string(entryRule).regex(/^[A-Za-z_$][\w$]{0,99}$/, entryRule).optional().meta({
    description:
      "Beside `service`: the class or object among the other app's exports that answers. Default: `default`.",
  }),
  props: z.record(z.string(), z.unknown(), propsRule).optional().meta({
    description: "Beside `service`: what the other app finds in `ctx.props` when it is called by this binding.",
  }),
} as const;
