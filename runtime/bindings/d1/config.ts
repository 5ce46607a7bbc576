/** The key of a D1 database among an app's bindings. */
import { z } from "zod";

const rule = 'expected the name of a database: 1 to 63 of a-z, 0-9 and "-", not beginning with "-"';

/** `{ "d1": "shop" }`: apps that name the same database share it. */
export const d1Config = z.string(rule).regex(/^[a-z0-9][a-z0-9-]{0,62}$/, rule).meta({
  description: "Name of a D1 database, kept in `state_dir`. Apps that name the same one share it.",
});

const folderRule = "expected the path of a folder";

/** Beside it: the folder of its migrations. */
const d1Migrations = z.string(folderRule).min(1, folderRule).refine((path) => !path.includes("\0"), folderRule)
  .meta({
    description:
      "The folder of a D1 database's migrations, relative to nano.json, or else to the app's folder. `nano deploy` and `nano dev` apply them.",
  });

/** What may stand beside it. */
export const D1_OPTIONS = { migrations: d1Migrations.optional() };
