/** Holds who may speak for a client: a trusted proxy's forwarded headers are believed, all others are replaced. */
import { assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import { NanoProcess } from "../../support/nano_process.ts";
import { rawRequest, type RawResponse } from "../../support/raw_http.ts";
import { TempProject } from "../../support/temp_project.ts";

const APP = `export default {
  fetch(request, env, ctx) {
    const { url, headers } = request;
    return Response.json({
      url,
      headers: Object.fromEntries(headers),
      ctx: ctx.remoteAddr,
      env: env.remoteAddr,
      envKeys: Object.keys(env),
      envJson: JSON.stringify(env),
      app: env.NAME,
    });
  },
};`;

interface Seen {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly ctx: Deno.NetAddr;
  readonly env: Deno.NetAddr;
  readonly envKeys: readonly string[];
  readonly envJson: string;
  readonly app: string;
}

const LIES = [
  "X-Forwarded-For: 203.0.113.9",
  "x-forwarded-proto: https",
  "X-FORWARDED-HOST: public.test",
  "x-real-ip: 203.0.113.9",
  "X-Request-Id: chosen-by-client",
];

async function startWith(trusted: string[]): Promise<{ nano: NanoProcess; project: TempProject }> {
  const app = (name: string, hostname: string[]) => ({ files: APP, config: { hostname, env: { NAME: name } } });
  const project = await TempProject.create(
    { inner: app("inner", ["inner.test"]), public: app("public", ["public.test"]) },
    { trusted_proxies: trusted },
  );
  try {
    return { project, nano: await NanoProcess.start(project.configFile) };
  } catch (error) {
    await project[Symbol.asyncDispose]();
    throw error;
  }
}

function ask(nano: NanoProcess, lines: readonly string[], target = "/p?q=1"): Promise<RawResponse> {
  return rawRequest(nano.url, `GET ${target} HTTP/1.1\r\nHost: inner.test:81\r\n${lines.join("\r\n")}\r\n\r\n`);
}

async function seenBy(nano: NanoProcess, lines: readonly string[], target?: string): Promise<Seen> {
  const response = await ask(nano, lines, target);
  assertEquals(response.status, 200, response.text);
  return JSON.parse(response.text);
}

Deno.test("What an untrusted peer says of its client is replaced", async (t) => {
  const { nano, project } = await startWith(["10.0.0.0/8"]);
  try {
    for (
      const [name, lines] of [["nothing", ["accept: */*"]], ["lies", LIES], ["twice", [...LIES, ...LIES]]] as const
    ) {
      await t.step(`a peer that says ${name}`, async () => {
        const seen = await seenBy(nano, lines);
        assertEquals(seen.app, "inner");
        assertEquals(seen.url, "http://inner.test:81/p?q=1");
        assertEquals(seen.headers["x-real-ip"], "127.0.0.1");
        assertEquals(seen.headers["x-forwarded-for"], "127.0.0.1");
        assertEquals(seen.headers["x-forwarded-proto"], "http");
        assertEquals(seen.headers["x-forwarded-host"], "inner.test:81");
        assertEquals([seen.ctx.hostname, seen.env.hostname], ["127.0.0.1", "127.0.0.1"]);
        assertNotEquals(seen.headers["x-request-id"], "chosen-by-client");
      });
    }

    await t.step("the client's address is in ctx and env, where listing env does not meet it", async () => {
      const seen = await seenBy(nano, ["accept: */*"]);
      assertEquals(seen.ctx.transport, "tcp");
      assertEquals(seen.ctx, seen.env);
      assertEquals(seen.ctx.port > 0, true);
      assertEquals(seen.envKeys, ["NAME"]);
      assertEquals(seen.envJson, '{"NAME":"inner"}');
    });

    await t.step("the request id is one and the same for the app, the client and the log", async () => {
      const response = await ask(nano, LIES);
      const id = response.get("x-request-id");
      assertEquals(response.all("x-request-id").length, 1);
      assertEquals(JSON.parse(response.text).headers["x-request-id"], id);
      await nano.waitForEvent((record) => record.event === "request" && record["request_id"] === id);
    });
  } finally {
    await nano[Symbol.asyncDispose]();
    await project[Symbol.asyncDispose]();
  }
});

Deno.test("What a trusted proxy says of its client is believed", async (t) => {
  const { nano, project } = await startWith(["127.0.0.0/8", "10.0.0.0/8", "2001:db8::/32"]);
  try {
    await t.step("address, scheme, host and request id", async () => {
      const seen = await seenBy(nano, LIES);
      assertEquals(seen.app, "public");
      assertEquals(seen.url, "https://public.test/p?q=1");
      assertEquals(seen.headers["x-real-ip"], "203.0.113.9");
      assertEquals(seen.headers["x-forwarded-for"], "203.0.113.9, 127.0.0.1");
      assertEquals(seen.headers["x-forwarded-proto"], "https");
      assertEquals(seen.headers["x-forwarded-host"], "public.test");
      assertEquals(seen.headers["host"], "inner.test:81");
      assertEquals(seen.headers["x-request-id"], "chosen-by-client");
      assertEquals([seen.ctx.hostname, seen.env.hostname], ["203.0.113.9", "203.0.113.9"]);
    });

    // The client is the last address that is no proxy of ours: what stands before it, anybody may have written
    const chains: Readonly<Record<string, string>> = {
      "203.0.113.9": "203.0.113.9",
      "198.51.100.7, 203.0.113.9": "203.0.113.9",
      "203.0.113.9, 10.1.2.3": "203.0.113.9",
      "198.51.100.7, 203.0.113.9, 10.1.2.3, 10.9.9.9": "203.0.113.9",
      "10.1.2.3": "10.1.2.3",
      "2001:4860::8, 2001:db8::1": "2001:4860::8",
    };
    for (const [chain, client] of Object.entries(chains)) {
      await t.step(`the chain ${chain} names ${client}`, async () => {
        const seen = await seenBy(nano, [`X-Forwarded-For: ${chain}`]);
        assertEquals(seen.headers["x-real-ip"], client);
        assertEquals(seen.headers["x-forwarded-for"], `${chain}, 127.0.0.1`);
        assertEquals(seen.ctx.hostname, client);
      });
    }

    await t.step("a chain over several header lines is one chain", async () => {
      const seen = await seenBy(nano, ["X-Forwarded-For: 203.0.113.9", "x-forwarded-for: 10.0.0.1"]);
      assertEquals(seen.headers["x-real-ip"], "203.0.113.9");
    });

    for (const nonsense of ["unknown", "", "999.1.1.1", "<script>", "203.0.113.9:80x"]) {
      await t.step(`the chain ${JSON.stringify(nonsense)} names nobody: the peer is the client`, async () => {
        assertEquals((await seenBy(nano, [`X-Forwarded-For: ${nonsense}`])).headers["x-real-ip"], "127.0.0.1");
      });
    }

    await t.step("a scheme that is none is not believed", async () => {
      const seen = await seenBy(nano, ["x-forwarded-proto: javascript"]);
      assertEquals([seen.url, seen.headers["x-forwarded-proto"]], ["http://inner.test:81/p?q=1", "http"]);
    });

    await t.step("a malformed or unknown forwarded host is no way to an app", async () => {
      for (const host of ["public.test/x", "a b", "user@public.test", "public.test:99999"]) {
        const response = await ask(nano, [`x-forwarded-host: ${host}`]);
        assertEquals([response.status, response.get("nano-error")], [400, "BAD_REQUEST"], host);
      }
      assertEquals((await ask(nano, ["x-forwarded-host: nobody.test"])).get("nano-error"), "APP_NOT_FOUND");
    });

    await t.step("the request line keeps its query when the forwarded host takes its host's place", async () => {
      const seen = await seenBy(nano, ["x-forwarded-host: public.test"], "http://inner.test?q=a/b");
      assertEquals(seen.url, "http://public.test/?q=a/b");
    });

    await t.step("a request id that no log should hold is replaced", async () => {
      const response = await ask(nano, [`x-request-id: ${"x".repeat(200)}`]);
      assertMatch(String(response.get("x-request-id")), /^[\w-]{1,64}$/);
    });
  } finally {
    await nano[Symbol.asyncDispose]();
    await project[Symbol.asyncDispose]();
  }
});
