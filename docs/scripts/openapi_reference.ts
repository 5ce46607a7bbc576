/** The reference page of the admin API, from its own OpenAPI document. */
import type { AdminTarget } from "../../admin/gate/admin_target.ts";
import { createAdminApi } from "../../admin/api.ts";
import { openApiDocument } from "../../admin/openapi.ts";
import { code, page, table } from "./markdown.ts";

/** A JSON schema as the document has it. */
interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | boolean;
  readonly required?: readonly string[];
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly default?: unknown;
}

type Content = Readonly<Record<string, { readonly schema?: Schema }>>;

interface Operation {
  readonly summary?: string;
  readonly description?: string;
  readonly tags?: readonly string[];
  /** Empty where no token is needed. */
  readonly security?: readonly unknown[];
  readonly parameters?: readonly {
    readonly name: string;
    readonly in: string;
    readonly required?: boolean;
    readonly description?: string;
    readonly schema?: Schema;
  }[];
  readonly requestBody?: { readonly content: Content };
  readonly responses: Readonly<Record<string, { readonly description: string; readonly content?: Content }>>;
}

/** The document. */
export interface OpenApi {
  readonly tags: readonly { readonly name: string; readonly description: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

/** The document of the admin API; nothing runs for it. */
export function adminOpenApi(): OpenApi {
  // The parts of NANO are handed on while the routes are built; none of them may be used.
  const unused = new Proxy({}, {
    get: (_target, name) => {
      throw new Error(`The routes are only described, but "${String(name)}" of NANO was asked for`);
    },
  });
  const target = new Proxy({}, { get: () => unused }) as AdminTarget;
  const api = createAdminApi(target, { token: "none", hostnames: [] });
  return JSON.parse(JSON.stringify(openApiDocument(api)));
}

/** The page. */
export function openApiReference(document: OpenApi): string {
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation }))
  );
  const sections = document.tags.map((tag) => {
    const some = operations.filter(({ operation }) => operation.tags?.includes(tag.name) === true);
    return `## ${tag.name}\n\n${tag.description}\n\n${some.map((one) => operationSection(one)).join("\n\n")}`;
  });
  const untagged = operations.filter(({ operation }) => (operation.tags ?? []).length === 0);
  if (untagged.length > 0) throw new Error(`Cannot place ${untagged.map(({ path }) => path).join(", ")}: no tag`);
  const open = operations.filter(({ operation }) => operation.security?.length === 0).map(({ path }) => code(path));
  const schemas = Object.entries(document.components.schemas).map(([name, schema]) => schemaSection(name, schema));
  return page(
    { title: "Admin API", description: "Every request of the admin API with its parameters and answers.", order: 6 },
    `[The guide](/guides/admin-api/) shows how to use it. The same as
[OpenAPI 3.1](/openapi.json) for programs; a running NANO serves it at \`/admin/openapi.json\`.

All requests but ${open.join(", ")} and the login want \`Authorization: Bearer <token>\`.
Each may also answer with a problem document of one of [the codes](/reference/error-codes/): 4xx when it was refused,
5xx when NANO or the app failed.

${sections.join("\n\n")}

## Schemas

${schemas.join("\n\n")}`,
  );
}

function operationSection(
  { path, method, operation }: { path: string; method: string; operation: Operation },
): string {
  const parts = [`### \`${method} ${path}\``, `${operation.summary ?? ""}. ${operation.description ?? ""}`.trim()];
  const { parameters = [], requestBody } = operation;
  if (parameters.length > 0) {
    parts.push(table(
      ["Parameter", "In", "Type", "Meaning"],
      parameters.map((one) => [
        code(one.name),
        one.in,
        typeOf(one.schema ?? {}),
        `${one.required === true && one.in !== "path" ? "Required. " : ""}${one.description ?? ""}`,
      ]),
    ));
  }
  if (requestBody !== undefined) parts.push(`Body: ${contentText(requestBody.content)}.`);
  parts.push(table(
    ["Answer", "Meaning", "Body"],
    Object.entries(operation.responses).filter(([status]) => !/XX$/.test(status)).map((
      [status, { description, content }],
    ) => [
      status,
      description,
      content === undefined ? "" : contentText(content),
    ]),
  ));
  return parts.join("\n\n");
}

/** Media types with what they carry; the last of several that are alike is enough. */
function contentText(content: Content): string {
  const texts = Object.entries(content).map(([type, { schema }]) => {
    const what = schema === undefined ? "" : typeOf(schema);
    if (type === "application/json") return what === "" ? "JSON" : what;
    if (type === "application/problem+json") return "problem";
    return code(type);
  });
  return [...new Set(texts)].join(" or ");
}

function schemaSection(name: string, schema: Schema): string {
  const required = new Set(schema.required);
  const { properties } = schema;
  const text = schema.description === undefined ? "" : `${schema.description}\n\n`;
  if (properties === undefined) return `### ${name}\n\n${text}${typeOf(schema)}`;
  return `### ${name}\n\n${text}${
    table(
      ["Key", "Type", "Meaning"],
      Object.entries(properties).map(([key, one]) => [
        `${code(key)}${required.has(key) ? "" : " (may be missing)"}`,
        typeOf(one),
        one.description ?? "",
      ]),
    )
  }`;
}

/** A type in words; named schemas are linked. */
function typeOf(schema: Schema): string {
  if (schema.$ref !== undefined) {
    const name = schema.$ref.split("/").at(-1)!;
    return `[${name}](#${name.toLowerCase()})`;
  }
  const forms = schema.anyOf ?? schema.oneOf ?? schema.allOf;
  if (forms !== undefined) return [...new Set(forms.map(typeOf))].join(" or ");
  if (schema.enum !== undefined) return schema.enum.filter((one) => one !== "").map(code).join(", ");
  if (schema.const !== undefined) return code(schema.const);
  if (Array.isArray(schema.type)) return schema.type.join(" or ");
  if (schema.type === "array") return `list of ${typeOf(schema.items ?? {})}`;
  if (schema.type === "object") {
    const keys = Object.keys(schema.properties ?? {});
    if (keys.length > 0) return `object (${keys.map(code).join(", ")})`;
    const { additionalProperties } = schema;
    return typeof additionalProperties === "object" ? `object of ${typeOf(additionalProperties)}` : "object";
  }
  return typeof schema.type === "string" ? schema.type.replace("string", "text") : "anything";
}
