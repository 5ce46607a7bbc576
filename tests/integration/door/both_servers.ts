/** The same app behind NANO and behind plain Deno.serve, for tests that compare the two. */
import { NanoProcess } from "../../support/nano_process.ts";
import { rawRequest, type RawResponse } from "../../support/raw_http.ts";
import { TempProject } from "../../support/temp_project.ts";

interface FixtureApp {
  readonly default: { fetch(request: Request): Response | Promise<Response> };
}

/** What both servers sent for the same bytes. */
export interface BothAnswers {
  readonly nano: RawResponse;
  readonly plain: RawResponse;
}

/** NANO and plain Deno.serve with one fixture app. */
export class BothServers implements AsyncDisposable {
  readonly nano: NanoProcess;
  readonly #project: TempProject;
  readonly #plain: Deno.HttpServer<Deno.NetAddr>;

  private constructor(project: TempProject, nano: NanoProcess, plain: Deno.HttpServer<Deno.NetAddr>) {
    this.#project = project;
    this.nano = nano;
    this.#plain = plain;
  }

  /** @param fixture folder under tests/fixtures/apps/, served under every host */
  static async start(fixture: string): Promise<BothServers> {
    const { default: app }: FixtureApp = await import(`../../fixtures/apps/${fixture}/index.ts`);
    const project = await TempProject.create({ app: { fixture } }, { default_app: "app" });
    const nano = await NanoProcess.start(project.configFile);
    const plain = Deno.serve(
      {
        hostname: "127.0.0.1",
        port: 0,
        onListen() {},
        onError: () => new Response(null, { status: 500, headers: { "x-handler-threw": "1" } }),
      },
      (request, info) => {
        info.completed.catch(() => {}); // a client that goes away is part of some tests
        return app.fetch(request);
      },
    );
    return new BothServers(project, nano, plain);
  }

  /** Sends the same bytes to both, each on a connection of its own. */
  async send(bytes: Uint8Array | string, method: string): Promise<BothAnswers> {
    const plainUrl = `http://127.0.0.1:${this.#plain.addr.port}`;
    const [nano, plain] = await Promise.all([
      answerOf("NANO", this.nano.url, bytes, method),
      answerOf("plain Deno.serve", plainUrl, bytes, method),
    ]);
    return { nano, plain };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#plain.shutdown();
    await this.nano[Symbol.asyncDispose]();
    await this.#project[Symbol.asyncDispose]();
  }
}

async function answerOf(who: string, url: string, bytes: Uint8Array | string, method: string): Promise<RawResponse> {
  try {
    return await rawRequest(url, bytes, method);
  } catch (error) {
    const shown = typeof bytes === "string" ? bytes : new TextDecoder("latin1").decode(bytes);
    throw new Error(`${who} gave no answer to ${JSON.stringify(shown.slice(0, 1500))}`, { cause: error });
  }
}
