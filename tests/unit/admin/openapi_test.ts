/** The OpenAPI document: whole, well-formed, and the same as what is served. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { apiBench } from "./api_bench.ts";

interface Operation {
  operationId?: string;
  summary?: string;
  tags?: string[];
  security?: unknown[];
  parameters?: { name: string; in: string; required?: boolean; schema?: unknown }[];
  requestBody?: { content: Record<string, { schema?: unknown }> };
  responses: Record<string, { description?: string; content?: Record<string, { schema?: unknown }> }>;
}

interface Document {
  openapi: string;
  info: { title: string; version: string };
  tags: { name: string }[];
  security: Record<string, unknown>[];
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, unknown>; securitySchemes: Record<string, unknown> };
}

const METHODS = ["get", "post", "put", "patch", "delete"];

async function loaded() {
  const bench = apiBench();
  const document: Document = await (await bench.ask("/admin/openapi.json")).json();
  const operations = Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ path, method, operation }))
  );
  return { ...bench, document, operations };
}

Deno.test("every route that is served is in the document, and the other way round", async () => {
  const { api, operations } = await loaded();
  const served = new Set(
    api.routes.filter(({ method }) => method !== "ALL").map(({ method, path }) =>
      `${method.toLowerCase()} ${path.replaceAll(/:(\w+)/g, "{$1}")}`
    ),
  );
  // What a browser sends to the dashboard is no part of the API.
  for (const own of ["get /sign-in", "post /login", "post /logout"]) assert(served.delete(own), own);
  assertEquals(operations.map(({ method, path }) => `${method} ${path}`).sort(), [...served].sort());
  assert(served.size >= 27, `${served.size} routes`);
});

Deno.test("every operation has an id of its own, a summary, a known tag, and an answer with a description", async () => {
  const { document, operations } = await loaded();
  assertMatch(document.openapi, /^3\.1\.\d$/);
  assertMatch(document.info.version, /^\d+\.\d+\.\d+/);
  const tags = new Set(document.tags.map(({ name }) => name));
  const ids = operations.map(({ operation }) => operation.operationId);
  assertEquals(new Set(ids).size, ids.length);
  for (const { path, method, operation } of operations) {
    const place = `${method} ${path}`;
    assert(METHODS.includes(method), place);
    assertMatch(operation.operationId ?? "", /^[a-z][A-Za-z]+$/, place);
    assert(operation.summary && !operation.summary.endsWith("."), place);
    assert(operation.tags?.length === 1 && tags.has(operation.tags[0]!), place);
    for (const [status, answer] of Object.entries(operation.responses)) {
      assertMatch(status, /^([1-5]\d\d|[45]XX)$/, place);
      assert(answer.description, `${place} ${status}`);
      for (const [type, { schema }] of Object.entries(answer.content ?? {})) {
        assert(schema, `${place} ${status} ${type}`);
      }
    }
    assert(Object.keys(operation.responses).some((status) => status.startsWith("2")), place);
    const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    const declared = (operation.parameters ?? []).filter((one) => one.in === "path");
    assertEquals(declared.map(({ name }) => name).sort(), inPath.sort(), place);
    assert(declared.every(({ required }) => required === true), place);
  }
});

Deno.test("every reference in the document leads somewhere", async () => {
  const { document } = await loaded();
  const text = JSON.stringify(document);
  const references = [...text.matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)].map(([, name]) => name!);
  assert(references.length > 40);
  for (const name of references) assert(name in document.components.schemas, name);
  assertEquals(text.match(/"\$ref":"(?!#\/components\/schemas\/)/), null);
  for (const name of Object.keys(document.components.schemas)) assert(references.includes(name), `${name} is unused`);
});

Deno.test("only what probes ask is open, all else names the token and the session", async () => {
  const { document, operations, bare } = await loaded();
  assertEquals(document.security, [{ bearer: [] }, { session: [] }]);
  assertEquals(Object.keys(document.components.securitySchemes), ["bearer", "session"]);
  const open = operations.filter(({ operation }) => operation.security?.length === 0);
  assertEquals(open.map(({ path }) => path).sort(), ["/livez", "/readyz"]);
  for (const { path, method, operation } of operations) {
    const response = await bare(path.replaceAll(/\{\w+\}/g, "app-1"), { method: method.toUpperCase() });
    await response.body?.cancel();
    assertEquals(response.status, operation.security === undefined ? 401 : 200, `${method} ${path}`);
  }
});

Deno.test("the bodies of an app come from the configuration's own schema, with examples", async () => {
  const { document, operations } = await loaded();
  const schema = (name: string) =>
    document.components.schemas[name] as { properties: Record<string, { description?: string }>; examples?: unknown[] };
  const { NewApp, AppPatch } = { NewApp: schema("NewApp"), AppPatch: schema("AppPatch") };
  for (const key of ["hostname", "path", "env", "memory_mb", "crons", "outbound", "assets"]) {
    assert(NewApp.properties[key]?.description, key);
    assert(AppPatch.properties[key]?.description, key);
  }
  assertEquals("name" in AppPatch.properties, false);
  assert(NewApp.examples?.length && AppPatch.examples?.length);
  const types = operations.find(({ operation }) => operation.operationId === "deployVersion")!.operation.requestBody!;
  assert(Object.keys(types.content).includes("application/zip"));
});
