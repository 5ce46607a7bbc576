/** Asks the admin listener of a NANO process what it knows. */
import type { NanoProcess } from "../../support/nano_process.ts";

/** Bearer token of the admin API in these tests. */
const TOKEN = "life-tests-0123456789abcdef";

/** Value of `admin` in nano.json that fits this client. */
export const ADMIN = { hostname: "127.0.0.1", port: 0, token: TOKEN };

/** One app as `GET /admin/apps` shows it; only what tests look at. */
export interface AdminApp {
  readonly name: string;
  readonly state: string;
  readonly version: string | null;
  readonly error: string | null;
  readonly restarts: Readonly<Record<string, number>>;
  readonly heap_bytes: number;
}

/** What `/readyz` says. */
export interface ReadyAnswer {
  readonly httpStatus: number;
  readonly status: string;
  readonly failed: readonly string[];
}

async function ask(nano: NanoProcess, path: string, init: RequestInit = {}): Promise<Response> {
  if (nano.adminUrl === null) throw new Error("The admin listener is off");
  return await fetch(new URL(path, nano.adminUrl), { ...init, headers: { authorization: `Bearer ${TOKEN}` } });
}

/** One app's view. */
export async function adminApp(nano: NanoProcess, name: string): Promise<AdminApp> {
  const response = await ask(nano, `/admin/apps/${name}`);
  if (!response.ok) throw new Error(`GET /admin/apps/${name}: ${response.status} ${await response.text()}`);
  return await response.json();
}

/** `/readyz`, which needs no token. */
export async function readyz(nano: NanoProcess): Promise<ReadyAnswer> {
  const response = await fetch(new URL("/readyz", nano.adminUrl!));
  return { httpStatus: response.status, ...await response.json() };
}

/** `POST /admin/reload`: status and answer. */
export async function adminReload(nano: NanoProcess): Promise<{ status: number; body: Record<string, unknown> }> {
  const response = await ask(nano, "/admin/reload", { method: "POST" });
  return { status: response.status, body: await response.json() };
}

/** `POST /admin/apps/:name/restart`: the status. */
export async function adminRestart(nano: NanoProcess, name: string): Promise<number> {
  const response = await ask(nano, `/admin/apps/${name}/restart`, { method: "POST" });
  await response.body?.cancel();
  return response.status;
}
