/** A project of a bench: with the spare isolates that NANO keeps, which most tests do without. */
import { RESERVE, TempProject } from "../support/temp_project.ts";

/** As {@linkcode TempProject.create}. */
export function benchProject(...[apps, settings]: Parameters<typeof TempProject.create>): Promise<TempProject> {
  return TempProject.create(apps, { ...RESERVE, ...settings });
}
