/** Paths of URLs: `app:///src/main.ts`, as `import.meta.url` has it, is a file of the app. */
import native from "node:url";

/** As Node's, also for the URLs of the app's own modules. */
export function fileURLToPath(url: string | URL, options?: { windows?: boolean }): string {
  const text = typeof url === "string" ? url : url?.href;
  if (typeof text !== "string" || !/^app:\/\/\//i.test(text)) return native.fileURLToPath(url, options as never);
  return native.fileURLToPath(`file:${text.slice("app:".length)}`, options as never);
}
