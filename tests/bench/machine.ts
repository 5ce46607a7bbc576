/** Prints what the figures were measured on and with; no paths, no names of this machine. */

/** One line about the machine, one about the run. */
export function printMachine(run: { short: boolean; generator: string }): void {
  const gib = (Deno.systemMemoryInfo().total / 1024 ** 3).toFixed(0);
  const [load] = Deno.loadavg();
  const { deno, v8 } = Deno.version;
  console.log(
    `${navigator.hardwareConcurrency} cores, ${gib} GiB, ${Deno.build.target}, load ${load!.toFixed(2)} before`,
  );
  console.log(`Deno ${deno}, V8 ${v8}; load by ${run.generator}; ${run.short ? "short" : "full"} run`);
}
