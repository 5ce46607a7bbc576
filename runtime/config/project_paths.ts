/** Paths that a project's own file names: the file is no more to be trusted than the code, and both see the project alone. */
import { isAbsolute, relative, sep } from "node:path";

/** Whether a path lies in the folder of a project, or is it. */
export function isInProject(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

/** What is said of one that does not. */
export function outsideNote(written: string): string {
  return `${JSON.stringify(written)} lies outside the project's folder and has no effect`;
}
