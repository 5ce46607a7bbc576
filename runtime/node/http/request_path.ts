/** Path and query of an absolute URL. */
export function requestPath(url: string): string {
  const from = url.indexOf("/", url.indexOf("://") + 3);
  const to = url.indexOf("#");
  return url.slice(from, to === -1 ? undefined : to);
}
