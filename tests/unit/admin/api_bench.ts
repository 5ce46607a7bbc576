/** The admin API over a fake NANO, asked without a socket. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import type { AdminEnv } from "../../../admin/gate/admin_env.ts";
import { type AdminApiOptions, createAdminApi } from "../../../admin/api.ts";
import { AdminClient } from "../../../admin/client/client.ts";
import { type FakeAdminOptions, FakeAdminTarget } from "../../support/fake_admin_target.ts";

export const TOKEN = "t0ken";
export const BEARER = { authorization: `Bearer ${TOKEN}` };
export const PEER = "192.0.2.7";

/** An API, and ways to ask it. */
export function apiBench(
  options: Partial<AdminApiOptions> & { fake?: FakeAdminOptions; env?: AdminEnv["Bindings"] } = {},
) {
  const { fake, env, ...given } = options;
  const target = new FakeAdminTarget(fake);
  const reported: unknown[] = [];
  const api = createAdminApi(target, {
    token: TOKEN,
    hostnames: [],
    report: (error) => reported.push(error),
    now: target.now,
    ...given,
  });
  /** Without the token. */
  const bare = async (path: string, init: RequestInit = {}) => {
    const headers = new Headers(init.headers);
    if (!headers.has("host")) headers.set("host", "127.0.0.1:9090");
    return await api.fetch(new Request(`http://127.0.0.1:9090${path}`, { ...init, headers }), { peer: PEER, ...env });
  };
  /** With the token. */
  const ask = (path: string, init: RequestInit = {}) => {
    const headers = new Headers(init.headers);
    headers.set("authorization", BEARER.authorization);
    return bare(path, { ...init, headers });
  };
  /** A change with a JSON body. */
  const send = (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
    body === undefined
      ? ask(path, { method, headers })
      : ask(path, { method, headers: { "content-type": "application/json", ...headers }, body: JSON.stringify(body) });
  const client = new AdminClient({
    url: "http://127.0.0.1:9090/",
    token: TOKEN,
    fetch: async (request) => await api.fetch(request, { peer: PEER, ...env }),
  });
  return { target, api, reported, bare, ask, send, client };
}

/** The problem document of an answer, after a look at its form. */
export async function problem(response: Response) {
  assertEquals(response.headers.get("content-type"), "application/problem+json");
  const body = await response.json();
  assertEquals(body.status, response.status);
  assertEquals(body.code, response.headers.get("nano-error"));
  assertEquals(body.request_id, response.headers.get("x-request-id"));
  assertMatch(body.request_id, /^[0-9a-f-]{36}$/);
  assert(body.type && body.title && body.detail);
  return body;
}

/** Code and status of a refusal. */
export async function refusal(response: Response): Promise<[number, string]> {
  const { status, code } = await problem(response);
  return [status, code];
}
