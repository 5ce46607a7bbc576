/** The reference page of nano.json, from its JSON Schema. */
import { configJsonSchema } from "../../runtime/config/json_schema.ts";
import { APP_LIMITS, type Limit } from "../../runtime/config/limits.ts";
import { code, page, table } from "./markdown.ts";

interface Schema {
  readonly description?: string;
  readonly type?: string;
  readonly default?: unknown;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly examples?: readonly unknown[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly anyOf?: readonly Schema[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | false;
  readonly required?: readonly string[];
}

/** The page. */
export function configReference(): string {
  const root = configJsonSchema() as Schema;
  const app = root.properties!["apps"]!.items!;
  const limits = root.properties!["defaults"]!;
  const limitNames = new Set(Object.keys(limits.properties!));
  const switches = Object.fromEntries(Object.entries(limits.properties!).filter(([name]) => !(name in APP_LIMITS)));
  const own = Object.fromEntries(Object.entries(app.properties!).filter(([name]) => !limitNames.has(name)));
  return page(
    {
      title: "nano.json",
      description: "Every key of nano.json with its type, default and meaning.",
      order: 1,
    },
    `One JSON document, which may hold comments and trailing commas. Relative paths are relative to the file. Unknown
keys, wrong types, names and hosts that are taken, and paths that do not exist are refused, all at once: \`nano check\`
tells them.

Point \`$schema\` at \`docs/nano.schema.json\` and your editor completes the keys.

## The document

${keys(root)}

## An app

One entry of \`apps\`. The limits and switches below may be written here too.

${keys({ ...app, properties: own })}

## Limits

Keys of an app, or of \`defaults\` for all apps. An app's own key wins. The [dashboard](/guides/dashboard/) and the
[admin API](/guides/admin-api/) change them while NANO runs. A change boots a new isolate that takes over; one that holds
at once says so.

${limitRows()}

## Switches

Keys of an app, or of \`defaults\` for all apps, too.

${keys({ ...limits, properties: switches })}

${nested(root, "")}
${nested({ properties: own }, "apps[].")}`,
  );
}

function limitRows(): string {
  return table(
    ["Key", "Name", "Type", "Default", "Meaning"],
    Object.entries<Limit>(APP_LIMITS).map(([key, { label, unit, min, max, default: preset, help, change }]) => [
      code(key),
      label,
      bounds({ minimum: min, maximum: max }, `whole number of ${unit}`),
      typeof preset === "number" ? code(preset) : "",
      change === "at once" ? `${help} A change holds at once.` : help,
    ]),
  );
}

/** Sections for the keys that are objects themselves. */
function nested(schema: Schema, prefix: string): string {
  return Object.entries(schema.properties ?? {}).flatMap(([name, one]) => {
    if (name === "defaults" || name === "apps") return [];
    const list = (one.anyOf ?? [one]).flatMap((form) => form.items?.properties ? [form.items] : []);
    const named = one.additionalProperties && one.additionalProperties.properties
      ? one.additionalProperties
      : undefined;
    const object = (one.anyOf ?? [one]).find((form) => form.properties !== undefined) ?? list[0] ?? named;
    if (object === undefined) return [];
    const title = `${prefix}${name}${list.length > 0 ? "[]" : object === named ? ".NAME" : ""}`;
    const hasLists = Object.values(object.properties ?? {}).some(({ items }) => items?.properties !== undefined);
    // Of the others those that are nothing but objects: the forms of a secret are told at one place.
    const plain = Object.entries(object.properties ?? {}).filter(([, { properties }]) => properties !== undefined);
    const inner = object === named || hasLists ? object : { properties: Object.fromEntries(plain) };
    return [`## \`${title}\`\n\n${keys(object)}\n`, nested(inner, `${title}.`)];
  }).join("\n");
}

function keys(schema: Schema): string {
  const required = new Set(schema.required);
  return table(
    ["Key", "Type", "Default", "Meaning"],
    Object.entries(schema.properties ?? {}).map(([name, one]) => [
      code(name),
      typeOf(one),
      required.has(name) ? "required" : one.default === undefined ? "" : code(one.default),
      one.description ?? "",
    ]),
  );
}

/** A type in words, with its bounds. */
function typeOf(schema: Schema): string {
  if (schema.anyOf !== undefined) return [...new Set(schema.anyOf.map(typeOf))].join(" or ");
  if (schema.enum !== undefined) return schema.enum.map(code).join(", ");
  if (schema.const !== undefined) return code(schema.const);
  switch (schema.type) {
    case "array":
      return `list (each ${typeOf(schema.items ?? {})})`;
    case "object": {
      const names = Object.keys(schema.properties ?? {});
      // Larger ones have a section of their own.
      if (names.length > 0 && names.length <= 3) {
        return `object (${names.map(code).join(", ")})`;
      }
      return schema.additionalProperties ? `object; each value ${typeOf(schema.additionalProperties)}` : "object";
    }
    case "integer":
      return bounds(schema, "whole number");
    case "string":
      return "text";
    case "boolean":
      return "`true` or `false`";
    default:
      return schema.type ?? "anything";
  }
}

function bounds({ minimum, maximum }: Schema, what: string): string {
  const plain = (value: number) => value.toLocaleString("en-US");
  // The largest safe integer is no bound that anybody meets.
  const most = maximum === undefined || maximum === Number.MAX_SAFE_INTEGER ? null : maximum;
  if (minimum !== undefined && most !== null) {
    return `${what}, ${plain(minimum)} to ${plain(most)}`;
  }
  return minimum !== undefined ? `${what} from ${plain(minimum)}` : what;
}
