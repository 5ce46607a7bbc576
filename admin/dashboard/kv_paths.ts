/** Where the pages of KV namespaces are. */

/** Of a namespace. */
export function namespacePath(namespace: string): string {
  return `/data/kv/${encodeURIComponent(namespace)}`;
}

/** Of a key. */
export function keyPath(namespace: string, key: string): string {
  return `${namespacePath(namespace)}/keys/${encodeURIComponent(key)}`;
}
