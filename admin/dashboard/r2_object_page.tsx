/** One object of an R2 bucket: what is kept beside its bytes, to download, to delete. */
import type { R2Metadata, R2ObjectView } from "../../runtime/mod.ts";
import { type PageFrame, PageLayout } from "./page_layout.tsx";
import { type DataQuestion, QuestionDialog } from "./question_card.tsx";
import { lastName } from "./r2_page.tsx";
import { bucketPath, downloadPath, folderOf, objectPath, prefixPath } from "./r2_paths.ts";
import { StoreHeading } from "./store_heading.tsx";
import { bytesText } from "../schemas/figures.ts";
import { momentText } from "./views/moment_text.ts";

const HTTP_NAMES: Readonly<Record<keyof R2Metadata, string>> = {
  contentType: "Content-Type",
  contentLanguage: "Content-Language",
  contentDisposition: "Content-Disposition",
  contentEncoding: "Content-Encoding",
  cacheControl: "Cache-Control",
  cacheExpiry: "Expires",
};

/** The question before an object is deleted. */
export function objectDeletion(bucket: string, key: string): DataQuestion {
  return {
    title: `Delete ${key}?`,
    text: "The object is gone for good, and the next request of an app does not find it.",
    button: "Delete",
    busy: "Deleting…",
    action: `${objectPath(bucket, key)}/delete`,
    back: objectPath(bucket, key),
  };
}

/** The page. */
export function R2ObjectDetails({ frame, bucket, object }: { frame: PageFrame; bucket: string; object: R2ObjectView }) {
  const { key, size, etag, uploaded, storageClass, http, custom } = object;
  const folder = folderOf(key);
  const above = [
    { text: bucket, href: bucketPath(bucket) },
    ...folder === "" ? [] : [{ text: folder.slice(0, -1) || "/", href: prefixPath(bucket, folder) }],
  ];
  const view = { above, name: key.slice(folder.length) || key, isKey: true, facts: `R2 object, ${bytesText(size)}` };
  return (
    <PageLayout title={key} frame={frame}>
      <StoreHeading view={view}>
        <a class="button" href={downloadPath(bucket, key)} download={lastName(key)}>Download</a>
        <a class="button danger" href={`${objectPath(bucket, key)}/delete`} data-dialog="delete-dialog">Delete</a>
      </StoreHeading>
      <div class="stack">
        <PairsCard
          title="Object"
          pairs={[
            ["Key", key],
            ["Size", `${size.toLocaleString("en")} bytes`],
            ["Uploaded", momentText(uploaded)],
            ["ETag", etag],
            ["Storage class", storageClass],
            ...httpPairs(http),
          ]}
        />
        <PairsCard title="Custom metadata" pairs={Object.entries(custom)} />
      </div>
      <QuestionDialog id="delete-dialog" question={objectDeletion(bucket, key)} csrf={frame.csrf} />
    </PageLayout>
  );
}

function PairsCard({ title, pairs }: { title: string; pairs: readonly (readonly [string, string])[] }) {
  return (
    <section class="card" aria-label={title}>
      <header>
        <h2>{title}</h2>
      </header>
      {pairs.length === 0 ? <p class="empty">The app has put none beside it.</p> : (
        <dl class="pairs named body">
          {pairs.map(([name, value]) => (
            <>
              <dt>{name}</dt>
              <dd class="mono">{value}</dd>
            </>
          ))}
        </dl>
      )}
    </section>
  );
}

function httpPairs(http: R2Metadata): [string, string][] {
  return (Object.keys(HTTP_NAMES) as (keyof R2Metadata)[]).flatMap((name) => {
    const value = http[name];
    return value === undefined ? [] : [[HTTP_NAMES[name], typeof value === "number" ? momentText(value) : value]];
  });
}
