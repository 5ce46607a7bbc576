import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { FrameworkNano, STREAM_MODES, WHOLE_SYSTEM } from "./framework_nano.ts";

const JOSE = `import {
  calculateJwkThumbprint, CompactEncrypt, compactDecrypt, createLocalJWKSet, EncryptJWT, exportJWK, generateKeyPair,
  jwtDecrypt, jwtVerify, SignJWT,
} from "jose";
const secret = new TextEncoder().encode("a secret of at least thirty-two bytes");
const pairs = new Map();
for (const alg of ["ES256", "EdDSA"]) pairs.set(alg, await generateKeyPair(alg, { extractable: true }));
export default async (request: Request) => {
  const { pathname, searchParams } = new URL(request.url);
  switch (pathname) {
    case "/sign":
      return new Response(await new SignJWT({ role: "admin" }).setProtectedHeader({ alg: "HS256" })
        .setSubject("ada").setIssuedAt().setExpirationTime("1h").sign(secret));
    case "/verify":
      try {
        const { payload } = await jwtVerify(searchParams.get("token")!, secret, { subject: "ada" });
        return Response.json({ role: payload.role });
      } catch (error) {
        return Response.json({ code: (error as { code: string }).code }, { status: 401 });
      }
    case "/asymmetric": {
      const results: Record<string, unknown> = {};
      for (const [alg, { privateKey, publicKey }] of pairs) {
        const jwk = { ...await exportJWK(publicKey), alg, kid: alg };
        const token = await new SignJWT({ alg }).setProtectedHeader({ alg, kid: alg }).sign(privateKey);
        const { payload } = await jwtVerify(token, createLocalJWKSet({ keys: [jwk] }));
        results[alg] = [payload.alg, (await calculateJwkThumbprint(jwk)).length];
      }
      return Response.json(results);
    }
    case "/encrypt": {
      const token = await new EncryptJWT({ hidden: true }).setProtectedHeader({ alg: "dir", enc: "A256GCM" })
        .encrypt(secret.slice(0, 32));
      const { payload } = await jwtDecrypt(token, secret.slice(0, 32));
      const compact = await new CompactEncrypt(secret).setProtectedHeader({ alg: "ECDH-ES+A128KW", enc: "A128CBC-HS256" })
        .encrypt((await wrapping).publicKey);
      const { plaintext } = await compactDecrypt(compact, (await wrapping).privateKey);
      return Response.json({ parts: token.split(".").length, hidden: payload.hidden, same: plaintext.length === secret.length });
    }
  }
  return new Response(null, { status: 404 });
};
const wrapping = generateKeyPair("ECDH-ES+A128KW");
`;

const ZOD = `import * as z from "zod";
import * as mini from "zod/mini";
const User = z.object({
  name: z.string().min(2),
  mail: z.email(),
  born: z.coerce.date().optional(),
  tags: z.array(z.enum(["a", "b"])).default(["a"]),
  home: z.discriminatedUnion("kind", [
    z.object({ kind: z.literal("flat"), floor: z.int() }),
    z.object({ kind: z.literal("house"), garden: z.boolean() }),
  ]),
}).strict().refine(({ name }) => name !== "root", { error: "reserved", path: ["name"] });
export default {
  async fetch(request: Request) {
    if (request.method === "GET") return Response.json(z.toJSONSchema(User, { unrepresentable: "any" }));
    const parsed = await User.safeParseAsync(await request.json());
    if (parsed.success) return Response.json(parsed.data);
    return Response.json(parsed.error.issues.map(({ path, code }) => [path.join("."), code]), { status: 400 });
  },
};
if (!mini.safeParse(mini.string().check(mini.minLength(2)), "ok").success) throw new Error("zod/mini refuses");
`;

const DRIZZLE = `import { and, desc, eq, gt, like, sql } from "drizzle-orm";
import { integer, PgDialect, pgTable, QueryBuilder, text } from "drizzle-orm/pg-core";
import { drizzle as sqlite } from "drizzle-orm/sqlite-proxy";
import { integer as int, sqliteTable, text as words } from "drizzle-orm/sqlite-core";
const users = pgTable("users", { id: integer().primaryKey(), name: text().notNull(), age: integer().notNull() });
const notes = sqliteTable("notes", { id: int().primaryKey({ autoIncrement: true }), body: words().notNull() });
const rows: [number, string][] = [];
const db = sqlite(async (query, params, method) => {
  if (query.startsWith("insert")) rows.push([rows.length + 1, String(params[0])]);
  if (method === "run") return { rows: [] };
  return { rows: query.startsWith("insert") ? rows.slice(-1) : rows };
});
export default async (request: Request) => {
  const { pathname, searchParams } = new URL(request.url);
  if (pathname === "/query") {
    const query = new QueryBuilder().select({ name: users.name }).from(users)
      .where(and(gt(users.age, 30), like(users.name, searchParams.get("name") + "%"))).orderBy(desc(users.age)).toSQL();
    const raw = new PgDialect().sqlToQuery(sql\`select \${users.id} from \${users} where \${eq(users.id, 7)}\`);
    return Response.json({ query, raw: { sql: raw.sql, params: raw.params } });
  }
  if (request.method === "POST") {
    const [made] = await db.insert(notes).values({ body: await request.text() }).returning();
    return Response.json(made, { status: 201 });
  }
  return Response.json(await db.select().from(notes));
};
`;

Deno.test({
  name: "jose, zod and drizzle-orm work in both stream modes",
  ...WHOLE_SYSTEM,
  async fn(t) {
    await using nano = await FrameworkNano.start({
      packages: { jose: "6.2.17", zod: "4.6.7", "drizzle-orm": "0.45.4" },
      apps: {
        jose: { entry: "jose.ts", source: JOSE },
        zod: { entry: "zod.ts", source: ZOD },
        drizzle: { entry: "drizzle.ts", source: DRIZZLE },
      },
    });
    for (const mode of STREAM_MODES) {
      await t.step(`${mode}: jose signs, verifies and encrypts, and refuses what is forged`, async () => {
        const at = (path: string) => nano.url("jose", mode, path);
        const token = await nano.text(at("/sign"));
        assertMatch(token, /^eyJ[\w-]+\.eyJ[\w-]+\.[\w-]{43}$/);
        assertEquals(await nano.json(at(`/verify?token=${token}`)), { role: "admin" });
        const [head, , signature] = token.split(".");
        const forged = `${head}.${btoa('{"sub":"ada","role":"root"}').replaceAll("=", "")}.${signature}`;
        assertEquals(await nano.json(at(`/verify?token=${forged}`), { expect: 401 }), {
          code: "ERR_JWS_SIGNATURE_VERIFICATION_FAILED",
        });
        assertEquals(await nano.json(at("/asymmetric")), { ES256: ["ES256", 43], EdDSA: ["EdDSA", 43] });
        assertEquals(await nano.json(at("/encrypt")), { parts: 5, hidden: true, same: true });
      });

      await t.step(`${mode}: zod parses, refines and writes JSON Schema`, async () => {
        const at = nano.url("zod", mode);
        const post = (value: unknown, expect: number) =>
          nano.json(at, { method: "POST", body: JSON.stringify(value), expect });
        const user = { name: "Ada", mail: "ada@example.com", home: { kind: "flat", floor: 3 } };
        assertEquals(await post({ ...user, born: "1815-12-10" }, 200), {
          ...user,
          born: "1815-12-10T00:00:00.000Z",
          tags: ["a"],
        });
        assertEquals(await post({ ...user, name: "root" }, 400), [["name", "custom"]]);
        assertEquals(await post({ ...user, mail: "x", home: { kind: "tent" }, more: 1 }, 400), [
          ["mail", "invalid_format"],
          ["home.kind", "invalid_union"],
          ["", "unrecognized_keys"],
        ]);
        assertStringIncludes(await nano.text(at), '"additionalProperties":false');
      });

      await t.step(`${mode}: drizzle-orm builds SQL and runs it through a driver of the app's own`, async () => {
        const at = (path: string) => nano.url("drizzle", mode, path);
        assertEquals(await nano.json(at("/query?name=A")), {
          query: {
            sql:
              'select "name" from "users" where ("users"."age" > $1 and "users"."name" like $2) order by "users"."age" desc',
            params: [30, "A%"],
          },
          raw: { sql: 'select "users"."id" from "users" where "users"."id" = $1', params: [7] },
        });
        const made = { method: "POST", body: "first", expect: 201 };
        assertEquals(await nano.json(at("/"), made), { id: 1, body: "first" });
        assertEquals(await nano.json(at("/")), [{ id: 1, body: "first" }]);
      });
    }
  },
});
