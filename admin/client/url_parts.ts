/** Parts of the URLs that clients of the admin API ask for. */

/** As one segment of a path. */
export function pathPart(text: string): string {
  return encodeURIComponent(text);
}

/** What is set, as the search of a URL. */
export function search(query: Readonly<Record<string, string | number | undefined>>): string {
  const written = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined) written.set(name, String(value));
  return written.size === 0 ? "" : `?${written}`;
}
