/** The written pages of the docs site with their code blocks, for tests. */
import { join } from "node:path";
import { markdownFiles, PAGES_DIR } from "../../docs/scripts/compose_site.ts";
import { type FencedBlock, fencedBlocks } from "../../docs/scripts/fenced_blocks.ts";

/** A written page. */
export interface PageFile {
  /** Below docs/pages/. */
  readonly path: string;
  readonly text: string;
  readonly blocks: readonly FencedBlock[];
}

/** All written pages. */
export async function pageFiles(): Promise<PageFile[]> {
  return await Promise.all((await markdownFiles(PAGES_DIR)).map(async (path) => {
    const text = await Deno.readTextFile(join(PAGES_DIR, path));
    return { path, text, blocks: fencedBlocks(text) };
  }));
}
