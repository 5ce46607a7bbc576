/** Documents for the tests of the configuration: resolved in a temporary folder, or refused with lines. */
import { assert, assertEquals } from "@std/assert";
import { resolveConfig } from "../../../runtime/config/load.ts";
import type { AppConfig, NanoConfig } from "../../../runtime/config/schema.ts";
import { NanoError } from "../../../runtime/errors.ts";

/** A folder with `app/`, `other/` and what `files` adds; removed at the end. */
export class ConfigFolder implements Disposable {
  readonly dir = Deno.realPathSync(Deno.makeTempDirSync({ prefix: "nano_config_" }));

  constructor(files: Readonly<Record<string, string | Uint8Array>> = {}) {
    for (const name of ["app", "other"]) Deno.mkdirSync(`${this.dir}/${name}`);
    for (const [name, content] of Object.entries(files)) {
      if (typeof content === "string") Deno.writeTextFileSync(`${this.dir}/${name}`, content);
      else Deno.writeFileSync(`${this.dir}/${name}`, content);
    }
  }

  /** Resolves a document whose relative paths start here. */
  resolve(document: unknown, hostEnv: Readonly<Record<string, string>> = {}): Promise<NanoConfig> {
    return resolveConfig(document, { file: null, baseDir: this.dir, hostEnv: (name) => hostEnv[name] });
  }

  /** The lines with which a document is refused. */
  async mistakes(document: unknown, hostEnv: Readonly<Record<string, string>> = {}): Promise<readonly string[]> {
    return await refusal(() => this.resolve(document, hostEnv));
  }

  [Symbol.dispose](): void {
    Deno.removeSync(this.dir, { recursive: true });
  }
}

/** The details of the CONFIG_INVALID that a call must end with. */
export async function refusal(call: () => Promise<unknown>): Promise<readonly string[]> {
  try {
    await call();
  } catch (error) {
    assert(error instanceof NanoError, `Expected a NanoError, got ${Deno.inspect(error)}`);
    assertEquals(error.code, "CONFIG_INVALID");
    assert(error.details.length > 0, "A refusal without a detail helps nobody");
    return error.details;
  }
  throw new Error("The configuration was accepted");
}

/** The only app of a configuration. */
export function onlyApp(config: NanoConfig): AppConfig {
  assertEquals(config.apps.length, 1);
  return config.apps[0]!;
}
