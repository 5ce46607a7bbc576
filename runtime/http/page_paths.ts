/** Where the pages of a folder of static files are found: at which paths, and where other paths of theirs lead. */
import type { HtmlHandling } from "../config/html_handling.ts";

/** What a path may mean: a file to serve, or one that has its place elsewhere. */
interface Meaning {
  readonly file: string;
  readonly at?: string;
}

/** What a path comes to. */
export type FoundPage = { readonly file: string } | { readonly location: string };

/** In the order in which they hold, as Cloudflare's asset worker has it (workers-sdk, asset-worker/src/handler.ts). */
const MEANINGS = {
  *"auto-trailing-slash"(path: string): Iterable<Meaning> {
    const above = path.slice(0, path.lastIndexOf("/") + 1);
    const page = `${above.slice(0, -1)}.html`;
    if (path.endsWith("/index")) {
      yield* [{ file: path }, { file: `${path}.html`, at: above }, { file: page, at: above.slice(0, -1) }];
    } else if (path.endsWith("/index.html")) {
      yield* [{ file: path, at: above }, { file: page, at: above.slice(0, -1) }];
    } else if (path.endsWith("/")) {
      yield* [{ file: `${path}index.html` }, { file: page, at: path.slice(0, -1) }];
    } else if (path.endsWith(".html")) {
      const clean = path.slice(0, -".html".length);
      yield* [{ file: path, at: clean }, { file: `${clean}/index.html`, at: `${clean}/` }];
    }
    yield* [{ file: path }, { file: `${path}.html` }, { file: `${path}/index.html`, at: `${path}/` }];
  },
  *"force-trailing-slash"(path: string): Iterable<Meaning> {
    const above = path.slice(0, path.lastIndexOf("/") + 1);
    const page = `${above.slice(0, -1)}.html`;
    if (path.endsWith("/index")) {
      yield* [{ file: path }, { file: `${path}.html`, at: above }, { file: page, at: above }];
    } else if (path.endsWith("/index.html")) {
      yield* [{ file: path, at: above }, { file: path }, { file: page, at: above }];
    } else if (path.endsWith("/")) {
      yield* [{ file: `${path}index.html` }, { file: page }];
    } else if (path.endsWith(".html")) {
      const clean = path.slice(0, -".html".length);
      yield* [{ file: path, at: `${clean}/` }, { file: path }, { file: `${clean}/index.html`, at: `${clean}/` }];
    }
    yield* [
      { file: path },
      { file: `${path}.html`, at: `${path}/` },
      { file: `${path}/index.html`, at: `${path}/` },
    ];
  },
  *"drop-trailing-slash"(path: string): Iterable<Meaning> {
    const above = path.slice(0, path.lastIndexOf("/"));
    const page = `${above}.html`;
    if (path === "/") yield { file: "/index.html" };
    else if (path === "/index") yield* [{ file: path }, { file: "/index.html", at: "/" }];
    else if (path === "/index.html") yield { file: path, at: "/" };
    else if (path.endsWith("/index")) {
      yield* [{ file: path }, { file: page, at: above }, { file: `${path}.html`, at: above }];
    } else if (path.endsWith("/index.html")) {
      yield* [{ file: path, at: above }, { file: path }, { file: page, at: above }];
    } else if (path.endsWith("/")) {
      yield* [{ file: page, at: above }, { file: `${path}index.html`, at: above }];
    } else if (path.endsWith(".html")) {
      const clean = path.slice(0, -".html".length);
      yield* [{ file: path, at: clean }, { file: path }, { file: `${clean}/index.html`, at: clean }];
    }
    yield* [{ file: path }, { file: `${path}.html` }, { file: `${path}/index.html` }];
  },
  *none(path: string): Iterable<Meaning> {
    yield { file: path };
  },
} satisfies Readonly<Record<HtmlHandling, (path: string) => Iterable<Meaning>>>;

/** How a path is looked at. */
export interface PageLook {
  readonly handling: HtmlHandling;
  /** Whether there is a file. */
  readonly exists: (path: string) => Promise<boolean>;
  /** Whether whoever asks for a file by its name gets it, also where its page has its place elsewhere. */
  readonly byName: boolean;
}

/** What is found at a path: decoded, "/" before each name and behind that of a folder. */
export async function findPage(path: string, { handling, exists, byName }: PageLook): Promise<FoundPage | null> {
  if (byName && await exists(path)) return { file: path };
  for (const { file, at } of MEANINGS[handling](path)) {
    if (!(await exists(file))) continue;
    if (at === undefined) return { file };
    if (await servedAt(at, { handling, exists }) === file) return { location: at };
  }
  return null;
}

/** The file that a path is answered with, without being sent elsewhere. */
async function servedAt(path: string, { handling, exists }: Omit<PageLook, "byName">): Promise<string | null> {
  for (const { file, at } of MEANINGS[handling](path)) if (at === undefined && await exists(file)) return file;
  return null;
}
