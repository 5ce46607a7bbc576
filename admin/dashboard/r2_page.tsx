/** The objects of an R2 bucket, in folders as their keys' slashes make them, and a form that uploads. */
// deno-lint-ignore-file jsx-key -- rendered once on the server: there is nothing to reconcile
import type { R2BucketView, R2ObjectPage, R2ObjectView } from "../../runtime/mod.ts";
import { type PageFrame, PageLayout } from "./page_layout.tsx";
import { Paging } from "./paging.tsx";
import { bucketPath, downloadPath, folderOf, nameIn, objectPath, prefixPath } from "./r2_paths.ts";
import { StoreHeading } from "./store_heading.tsx";
import { countedText } from "./views/counted_text.ts";
import { bytesText } from "../schemas/figures.ts";
import { momentText } from "./views/moment_text.ts";
import { UploadProgress } from "./views/upload_progress.tsx";
import { TextField } from "./text_field.tsx";

/** What the page shows. */
export interface R2View {
  readonly bucket: R2BucketView;
  readonly page: R2ObjectPage;
  readonly prefix: string;
  /** Whether this is not the first page. */
  readonly isLater: boolean;
}

/** The page. */
export function R2Page({ frame, view }: { frame: PageFrame; view: R2View }) {
  const { bucket: { name, objects, hasMoreObjects, bytes, maxBytes, uses }, page, prefix, isLater } = view;
  const facts = `R2 bucket, ${countedText(objects, "object", hasMoreObjects)}`;
  return (
    <PageLayout title={name} frame={frame} script="uploads.js">
      <StoreHeading view={{ name, facts, size: { bytes, maxBytes }, uses }}>
        <a class="button" href="#upload-title">Upload</a>
      </StoreHeading>
      <form class="toolbar" method="get" action={bucketPath(name)}>
        <label for="prefix">Prefix</label>
        <input id="prefix" name="prefix" type="search" value={prefix} placeholder="All keys" class="appfilter" />
        <button type="submit" class="button">Show</button>
        <Folders bucket={name} folder={folderOf(prefix)} />
      </form>
      <div class="stack">
        <section class="card" aria-label="Objects">
          {page.objects.length === 0 && page.prefixes.length === 0
            ? <p class="empty">{prefix === "" ? "Nothing is kept here." : "No key begins with this."}</p>
            : <ObjectTable bucket={name} page={page} folder={folderOf(prefix)} />}
        </section>
        <Paging href={prefixPath(name, prefix)} isLater={isLater} cursor={page.cursor} />
        <UploadCard bucket={name} folder={folderOf(prefix)} csrf={frame.csrf} />
      </div>
    </PageLayout>
  );
}

/** The folders in which one is. */
function Folders({ bucket, folder }: { bucket: string; folder: string }) {
  if (folder === "") return null;
  const ends = [...folder.matchAll(/\//g)].map(({ index }) => index + 1);
  return (
    <nav class="folders" aria-label="Folders">
      <a href={bucketPath(bucket)}>All</a>
      {ends.map((end, at) => (
        <>
          <span class="muted">/</span>
          <a href={prefixPath(bucket, folder.slice(0, end))}>
            {folder.slice(at === 0 ? 0 : ends[at - 1], end - 1) || "(empty)"}
          </a>
        </>
      ))}
    </nav>
  );
}

function ObjectTable({ bucket, page, folder }: { bucket: string; page: R2ObjectPage; folder: string }) {
  return (
    <table class="list stacked objects">
      <thead>
        <tr>
          <th scope="col">Key</th>
          <th scope="col" class="number">Size</th>
          <th scope="col">Type</th>
          <th scope="col">Uploaded</th>
          <th scope="col">
            <span class="visually-hidden">Actions</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {page.prefixes.map((prefix) => (
          <tr>
            <td class="long" colspan={5}>
              <a class="mono" href={prefixPath(bucket, prefix)}>{nameIn(folder, prefix)}</a>
            </td>
          </tr>
        ))}
        {page.objects.map((object) => <ObjectRow bucket={bucket} object={object} folder={folder} />)}
      </tbody>
    </table>
  );
}

function ObjectRow({ bucket, object, folder }: { bucket: string; object: R2ObjectView; folder: string }) {
  const { key, size, uploaded, http } = object;
  return (
    <tr>
      <td class="long">
        <a class="mono" href={objectPath(bucket, key)}>{nameIn(folder, key)}</a>
      </td>
      <td class="number nowrap" data-label="Size">{bytesText(size)}</td>
      <td class="muted long" data-label="Type">{http.contentType ?? "–"}</td>
      <td class="muted nowrap" data-label="Uploaded">{momentText(uploaded)}</td>
      <td>
        <div class="end">
          <a class="button small" href={downloadPath(bucket, key)} download={lastName(key)}>Download</a>
          <a class="button small danger" href={`${objectPath(bucket, key)}/delete`}>Delete</a>
        </div>
      </td>
    </tr>
  );
}

function UploadCard({ bucket, folder, csrf }: { bucket: string; folder: string; csrf: string }) {
  return (
    <section class="card narrow" aria-labelledby="upload-title">
      <header>
        <h2 id="upload-title">Upload</h2>
      </header>
      {/* Files are sent by the script, one after the other and as they are: a form would hold them whole. */}
      <p class="empty" data-without-script>
        Uploads need the page's script. Without it <code>nano r2 object put {bucket}/KEY --file FILE</code> puts a file.
      </p>
      <form class="body" data-upload data-bucket={bucket} hidden>
        <input type="hidden" name="csrf" value={csrf} />
        <div class="field">
          <label for="files">Files</label>
          <input id="files" name="files" type="file" multiple required />
        </div>
        <TextField
          name="key"
          label="Key"
          value={folder}
          autocapitalize="off"
          hint="Of a single file its whole key; what ends with a slash, or nothing, is put before the files' names. An object of the same key is replaced."
        />
        <UploadProgress />
        <div class="buttons">
          <button type="submit" class="button primary">Upload</button>
          <button type="button" class="button" data-cancel hidden>Cancel</button>
        </div>
      </form>
    </section>
  );
}

/** What a browser calls the file. */
export function lastName(key: string): string {
  return key.split("/").findLast((part) => part !== "") ?? "object";
}
