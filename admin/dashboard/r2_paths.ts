/** Where the pages of R2 buckets are. */

/** Of a bucket. */
export function bucketPath(bucket: string): string {
  return `/data/r2/${encodeURIComponent(bucket)}`;
}

/** Of the objects whose keys begin with something. */
export function prefixPath(bucket: string, prefix: string): string {
  return prefix === "" ? bucketPath(bucket) : `${bucketPath(bucket)}?prefix=${encodeURIComponent(prefix)}`;
}

/** Of an object. */
export function objectPath(bucket: string, key: string): string {
  return `${bucketPath(bucket)}/objects/${encodeURIComponent(key)}`;
}

/** Of its bytes, in the admin API. */
export function downloadPath(bucket: string, key: string): string {
  return `/admin/r2/${encodeURIComponent(bucket)}/objects/${encodeURIComponent(key)}`;
}

/** What a prefix has up to its last slash: the folder in which it is. */
export function folderOf(prefix: string): string {
  return prefix.slice(0, prefix.lastIndexOf("/") + 1);
}

/** What is left of a key in a folder; all of it when nothing would be. */
export function nameIn(folder: string, key: string): string {
  return key.slice(folder.length) || key;
}
