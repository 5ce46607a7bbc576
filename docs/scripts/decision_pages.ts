/** Pages of the decision records in docs/decisions/. */
import { page } from "./markdown.ts";

/** A document of the repo as a page: its first heading becomes the title. @throws Error when it has none */
export function titledPage(text: string, description: string): string {
  const [, title] = /^# (.+)$/m.exec(text) ?? [];
  if (title === undefined) throw new Error("Cannot make a page: the document has no heading");
  return page({ title, description }, text.replace(/^# .+$/m, ""));
}

/** A record as a page. */
export interface DecisionPage {
  /** Its name in addresses: `0001-capped-worker-under-a-warden`. */
  readonly slug: string;
  readonly markdown: string;
}

/**
 * Turns a record into a page: its first heading becomes the title, links to other records follow them.
 * @param file name of the record, `0001-….md`
 */
export function decisionPage(file: string, text: string): DecisionPage {
  const slug = file.replace(/\.md$/, "");
  const title = /^# (.+)$/m.exec(text)?.[1];
  if (title === undefined) {
    throw new Error(`Cannot make a page of "${file}": it has no heading`);
  }
  const body = text.replace(/^# .+$/m, "").replace(
    /\]\((\d{4}-[a-z0-9-]+)\.md\)/g,
    "](/architecture/decisions/$1/)",
  );
  const [number] = slug.split("-");
  return {
    slug,
    markdown: page({
      title,
      description: `Decision record: ${title}`,
      order: Number(number),
    }, body),
  };
}
