/**
 * Signs that a build goes on: what its plugins are asked. On a machine with much to do a build may take long, and hang
 * not at all.
 */
import type { Plugin, PluginBuild } from "esbuild";

/** The signs of one build. */
export class BuildSigns {
  /** How many came so far. */
  count = 0;

  /** The plugins, each question to which is a sign. */
  of(plugins: readonly Plugin[]): Plugin[] {
    return plugins.map(({ name, setup }) => ({ name, setup: (build) => setup(this.#counting(build)) }));
  }

  #counting(build: PluginBuild): PluginBuild {
    const counted = <Given, Answer>(answer: (given: Given) => Answer) => (given: Given) => {
      this.count++;
      return answer(given);
    };
    return {
      ...build,
      onResolve: (options, callback) => build.onResolve(options, counted(callback)),
      onLoad: (options, callback) => build.onLoad(options, counted(callback)),
    };
  }
}
