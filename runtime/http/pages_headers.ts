/** What Pages adds to every answer from the files of a site, as `wrangler pages dev` does (pages-shared, asset-server). */
import type { HeaderList } from "../protocol/header_block.ts";

const ALWAYS: HeaderList = [
  ["access-control-allow-origin", "*"],
  ["referrer-policy", "strict-origin-when-cross-origin"],
];

/** The headers of an answer with those; rules of the site may still replace them. */
export function pagesHeaders({ status, headers }: { status: number; headers: HeaderList }): HeaderList {
  const own = status === 404 ? headers.filter(([name]) => name !== "cache-control") : headers;
  const hasType = own.some(([name]) => name === "content-type");
  return [
    ...own,
    ...ALWAYS,
    ...(hasType ? [["x-content-type-options", "nosniff"]] satisfies HeaderList : []),
    ...(status === 404 ? [["cache-control", "no-store"]] satisfies HeaderList : []),
  ];
}
