/** The real command line process with a project, asked through its admin listener as any outside client would. */
import { assertEquals } from "@std/assert";
import { NanoProcess } from "../../support/nano_process.ts";
import { RawConnection, type RawResponse } from "../../support/raw_http.ts";
import { rawZip } from "../../support/raw_zip.ts";
import { type AppFiles, type TempApp, TempProject } from "../../support/temp_project.ts";
import { until } from "../life/until.ts";

/** Given to the process as NANO_ADMIN_TOKEN. */
export const TOKEN = "integration-0123456789abcdef";

/** An answer that was read to its end. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // deno-lint-ignore no-explicit-any
  readonly json: any;
}

/** 500 apps take 5 s of CPU, which are a minute and more among 24 others who compute. */
const START_MS = 600_000;

/** What a request carries. */
export interface Ask {
  /** Sent as JSON, under its content type. */
  readonly json?: unknown;
  /** Sent as it is. */
  readonly body?: BodyInit;
  readonly headers?: Readonly<Record<string, string>>;
  /** Null sends no token. */
  readonly token?: string | null;
}

/** An app that answers `<text> <MODE of its env>`; `/log` writes a line, `/throw` throws, a POST is answered at its end. */
export function saying(text: string): string {
  return `export default {
  async fetch(request, env) {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname === "/log") console[searchParams.get("level")](searchParams.get("text"));
    if (pathname === "/throw") throw new Error(searchParams.get("text"));
    if (request.method === "POST") await request.text();
    return new Response(${JSON.stringify(text)} + " " + (env.MODE ?? "-"));
  },
};
`;
}

/** A zip of files; one text alone is `index.js`. */
export function zipOf(files: AppFiles | string): Uint8Array<ArrayBuffer> {
  const texts = typeof files === "string" ? { "index.js": files } : files;
  return rawZip(Object.entries(texts).map(([name, content]) => ({ name, content })));
}

/** A running process. */
export class AdminScene implements AsyncDisposable {
  readonly project: TempProject;
  readonly #env: Readonly<Record<string, string>>;
  #nano: NanoProcess;

  private constructor(project: TempProject, nano: NanoProcess, env: Readonly<Record<string, string>>) {
    this.project = project;
    this.#nano = nano;
    this.#env = env;
  }

  /** Serves these apps; `more/` beside nano.json holds one more that nobody serves yet. */
  static async create(
    apps: Readonly<Record<string, TempApp | string>>,
    { config = {}, env = {} }: {
      readonly config?: Readonly<Record<string, unknown>>;
      readonly env?: Readonly<Record<string, string>>;
    } = {},
  ): Promise<AdminScene> {
    const whole = Object.entries(apps).map(([name, app]) => [name, typeof app === "string" ? { files: app } : app]);
    const project = await TempProject.create(Object.fromEntries(whole), config);
    try {
      await Deno.mkdir(`${project.dir}/more`);
      await Deno.writeTextFile(`${project.dir}/more/index.js`, saying("more"));
      return new AdminScene(project, await startedProcess(project, env), env);
    } catch (error) {
      await project[Symbol.asyncDispose]();
      throw error;
    }
  }

  get nano(): NanoProcess {
    return this.#nano;
  }

  /** Where the admin listener is reached. */
  get adminUrl(): string {
    return this.#nano.adminUrl!;
  }

  /** A request to the admin listener, with the token. */
  async ask(method: string, path: string, { json, body, headers, token = TOKEN }: Ask = {}): Promise<Answer> {
    const response = await fetch(this.adminUrl + path, {
      method,
      redirect: "manual",
      headers: {
        ...(token === null ? {} : { authorization: `Bearer ${token}` }),
        ...(json === undefined ? {} : { "content-type": "application/json" }),
        ...headers,
      },
      body: json === undefined ? body ?? null : JSON.stringify(json),
    });
    const text = await response.text();
    const isJson = /json/.test(response.headers.get("content-type") ?? "");
    return { status: response.status, headers: response.headers, text, json: isJson ? JSON.parse(text) : null };
  }

  /** The same, for an answer that must be an error as a problem document; checks its form. */
  async refusal(method: string, path: string, ask: Ask = {}): Promise<[status: number, code: string]> {
    const { status, headers, json, text } = await this.ask(method, path, ask);
    assertEquals(headers.get("content-type"), "application/problem+json", `${method} ${path}: ${status} ${text}`);
    assertEquals(json.status, status);
    assertEquals(headers.get("nano-error"), json.code);
    assertEquals(headers.get("x-request-id"), json.request_id);
    for (const key of ["type", "title", "detail"]) assertEquals(typeof json[key], "string", key);
    return [status, json.code];
  }

  /** What an app answers: its text, or status and code. */
  async text(host: string, path = "/"): Promise<string> {
    const response = await this.#nano.fetch(host, path);
    const text = await response.text();
    return response.status === 200 ? text : `${response.status} ${response.headers.get("nano-error")}`;
  }

  /** A request that an app has taken and answers when `finish` is called. */
  async hold(host: string, url = this.#nano.url): Promise<{ finish(): Promise<RawResponse> }> {
    const connection = await RawConnection.open(url);
    await connection.send(`POST / HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 1\r\n\r\n`);
    await until(async () => {
      const { apps } = (await this.ask("GET", "/admin/apps")).json;
      return apps.some((app: { in_flight: number }) => app.in_flight > 0);
    }, `a request in flight for ${host}`);
    const finish = async () => {
      using _ended = connection;
      await connection.send("x");
      return await connection.readResponse();
    };
    return { finish };
  }

  /** Asks it to drain, or kills it, and starts another one on the same folder. */
  async restart(how: "SIGTERM" | "SIGKILL"): Promise<void> {
    if (how === "SIGTERM") assertEquals((await this.#nano.stop()).code, 0);
    await this.#nano[Symbol.asyncDispose]();
    this.#nano = await startedProcess(this.project, this.#env);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#nano[Symbol.asyncDispose]();
    await this.project[Symbol.asyncDispose]();
  }
}

function startedProcess(project: TempProject, env: Readonly<Record<string, string>>): Promise<NanoProcess> {
  const args = ["--admin-port", "0"];
  return NanoProcess.start(project.configFile, { args, env: { NANO_ADMIN_TOKEN: TOKEN, ...env }, timeoutMs: START_MS });
}
