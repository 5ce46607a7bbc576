/** Tells how long the installation of an app's packages has been going on. */

/** How often one that goes on is told, in ms. */
const EVERY_MS = 10_000;

/** One thing to tell of an installation. */
export interface InstallProgress {
  readonly app: string;
  readonly packages: readonly string[];
  /** It waits while others install, then starts. */
  readonly step: "waiting" | "started" | "running" | "done" | "failed";
  readonly elapsedMs: number;
}

/**
 * Runs an installation and tells of its start, of every ten seconds that it takes, and of its end.
 *
 * @param install gets what it has to call when it begins
 */
export async function reportInstall(
  app: string,
  tell: (progress: InstallProgress) => void,
  install: (onStart: (packages: readonly string[]) => void) => Promise<void>,
): Promise<void> {
  let packages: readonly string[] = [];
  let startedAt = 0;
  let timer: ReturnType<typeof setInterval> | undefined;
  const say = (step: InstallProgress["step"]) =>
    tell({ app, packages, step, elapsedMs: Math.round(performance.now() - startedAt) });
  try {
    await install((asked) => {
      packages = asked;
      startedAt = performance.now();
      timer = setInterval(() => say("running"), EVERY_MS);
      say("started");
    });
    say("done");
  } catch (error) {
    if (timer !== undefined) say("failed");
    throw error;
  } finally {
    clearInterval(timer);
  }
}
