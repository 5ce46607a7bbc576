/** Paths that a project's own file names: the file is no more to be trusted than the code, and both see the project alone. */
import { isAbsolute, relative, sep } from "node:path";

/** How whoever runs an app lets its project name files outside its folder, or names them for it. */
export const ASSETS_INSTEAD = 'name a folder that holds both as "root" in nano.json, or the files as "assets"';

/** Whether a path lies in the folder of a project, or is it. */
export function isInProject(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

/** What is said of one that does not. @param instead what gives the folder to the app all the same */
export function outsideNote(written: string, instead?: string): string {
  const note = `${JSON.stringify(written)} lies outside the project's folder and has no effect`;
  return instead === undefined ? note : `${note}; ${instead}`;
}
