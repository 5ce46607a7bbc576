/** A package registry on loopback that knows one package and keeps everybody waiting until it is told not to. */
import { createHash } from "node:crypto";
import { rawTarGz } from "./raw_tar.ts";

/** The package that it knows, and what its default export is. */
export const HELD_PACKAGE = "held-package";
export const HELD_TEXT = "from the held package";

/** Answers nothing before {@linkcode release}. */
export class HeldRegistry implements AsyncDisposable {
  readonly #open = Promise.withResolvers<void>();
  readonly #asked = Promise.withResolvers<void>();
  readonly #closing = new AbortController();
  readonly #server: Deno.HttpServer<Deno.NetAddr>;

  constructor() {
    const archive = rawTarGz([
      {
        name: "package/package.json",
        content: JSON.stringify({ name: HELD_PACKAGE, version: "1.0.0", main: "index.js", type: "module" }),
      },
      { name: "package/index.js", content: `export default ${JSON.stringify(HELD_TEXT)};\n` },
    ]);
    const integrity = `sha512-${createHash("sha512").update(archive).digest("base64")}`;
    const { signal } = this.#closing;
    this.#server = Deno.serve({ hostname: "127.0.0.1", port: 0, signal, onListen() {} }, async (request) => {
      this.#asked.resolve();
      await this.#open.promise;
      const { origin, pathname } = new URL(request.url);
      if (pathname.endsWith(".tgz")) return new Response(archive);
      if (pathname !== `/${HELD_PACKAGE}`) return new Response("not found", { status: 404 });
      const dist = { tarball: `${origin}/${HELD_PACKAGE}-1.0.0.tgz`, integrity };
      const version = { name: HELD_PACKAGE, version: "1.0.0", dist };
      return Response.json({ name: HELD_PACKAGE, "dist-tags": { latest: "1.0.0" }, versions: { "1.0.0": version } });
    });
  }

  get url(): string {
    return `http://127.0.0.1:${this.#server.addr.port}/`;
  }

  /** Settles once somebody wants something. */
  get asked(): Promise<void> {
    return this.#asked.promise;
  }

  /** Files of an app that needs the package, and answers with what it says. */
  get appFiles(): Readonly<Record<string, string>> {
    return {
      "package.json": JSON.stringify({ dependencies: { [HELD_PACKAGE]: "1.0.0" } }),
      "index.ts": `import text from ${
        JSON.stringify(HELD_PACKAGE)
      };\nexport default { fetch: () => new Response(text) };\n`,
    };
  }

  /** Answers from now on, those who wait first. */
  release(): void {
    this.#open.resolve();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.release();
    this.#closing.abort();
    await this.#server.finished;
  }
}
