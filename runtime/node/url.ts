/** `node:url`, whose file paths are those of the app. */
import native from "node:url";
import { fileURLToPath } from "./fs/file_url.ts";

export * from "node:url";
export { fileURLToPath };
export default { ...native, fileURLToPath };
