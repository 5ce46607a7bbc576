/** What one app's `node:` modules are answered with: its own folder, and names under its outbound policy. */
import { NameError, NameService } from "../outbound/name_service.ts";
import type { OutboundPolicy } from "../outbound/outbound.ts";
import { type HostAnswers, HostCallError } from "../wall/host_calls_bridge.ts";
import { AppFolder, type AppFolderRules } from "./app_folder.ts";
import type { AppStorage } from "./app_storage.ts";

/** Fits the wall. */
export class AppAnswers extends AppFolder implements HostAnswers {
  readonly #names: NameService;
  readonly #storage: AppStorage;

  constructor(rules: AppFolderRules, outbound: OutboundPolicy, storage: AppStorage) {
    super(rules);
    this.#names = new NameService(outbound);
    this.#storage = storage;
  }

  /** A part of what `localStorage` holds. */
  async loadStorage(at: number): Promise<Uint8Array<ArrayBuffer>> {
    return await this.#storage.load(at);
  }

  /** A part of a change of it. */
  async changeStorage(part: string, isLast: boolean): Promise<null> {
    return await this.#storage.change(part, isLast);
  }

  /** All addresses of a name. */
  async lookup(hostname: string): ReturnType<HostAnswers["lookup"]> {
    return await named(() => this.#names.lookup(hostname));
  }

  /** Records of a name. */
  async resolve(hostname: string, kind: string): Promise<unknown> {
    return await named(() => this.#names.resolve(hostname, kind));
  }
}

async function named<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
  try {
    return await ask();
  } catch (error) {
    throw new HostCallError(error instanceof NameError ? error.code : "EIO");
  }
}
