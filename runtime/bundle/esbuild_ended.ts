/** What fails when esbuild's process ends. */

/** esbuild's process has ended, whatever was under way. */
export class EsbuildEnded extends Error {
  override readonly name: string = "EsbuildEnded";
}
