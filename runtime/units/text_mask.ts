/** What is told of an app holds no secret of it, and no path of the host. */
import { relative } from "node:path";
import { secretMask } from "../app/secret_mask.ts";
import type { AppConfig } from "../config/resolved_config.ts";
import type { CodePlace } from "../pool/full_place.ts";

/**
 * The mask of an app's texts, or null where it has nothing to hide. Paths of an app that Deno itself runs begin at its
 * folder: those of its workspace lead up from there, and where its `data` is kept is the host's business.
 */
export function textMask(
  app: Pick<AppConfig, "env" | "secrets">,
  place: Pick<CodePlace, "folder" | "reach" | "data"> | undefined,
): ((text: string) => string) | null {
  const secrets = secretMask(app);
  if (place === undefined) return secrets;
  const { folder, reach, data: [kept] } = place;
  const names: (readonly [path: string, name: string])[] = [[folder, ""], [reach, relative(folder, reach)]];
  if (kept !== undefined) names.push([kept, "data"]);
  // What lies in another one is looked for first; one that another one begins with is another one.
  const rules = names.sort(([one], [other]) => other.length - one.length).map(([path, name]) =>
    [new RegExp(`(?<![\\w.-])(?:file://)?${RegExp.escape(path)}(/|(?![\\w.-]))`, "g"), name] as const
  );
  return (text) =>
    rules.reduce(
      (masked, [pattern, name]) =>
        masked.replace(pattern, (_, slash) => name === "" ? slash === "" ? "." : "" : `${name}${slash}`),
      secrets === null ? text : secrets(text),
    );
}
