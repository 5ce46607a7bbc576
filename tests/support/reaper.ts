/** Ends what a killed run has left behind: a shell that outlives it and finds its processes by a mark (Linux only). */

/** Name of the environment variable that every process of a run carries. */
export const RUN_NAME = "NANO_TEST_RUN";

/**
 * Waits for the end of its stdin, which comes however its parent ends, then kills by pid whoever carries the mark; again
 * and again, since a guardian may start another host meanwhile. `$0` is the mark.
 */
const SCRIPT = `
while read -r _; do :; done
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
  found=
  for file in /proc/[0-9]*/environ; do
    if grep -zqx "$0" "$file" 2>/dev/null; then
      pid=\${file#/proc/}; pid=\${pid%/environ}
      kill -KILL "$pid" 2>/dev/null && found=1
    fi
  done
  [ -n "$found" ] || exit 0
  sleep 0.1
done
`;

/**
 * Starts a reaper for the processes that this one will start, if they get the mark. Under a run that has one already its
 * mark is handed on: a second reaper would itself be taken for something left behind.
 * @returns the mark, as a variable for their environment
 */
export function startReaper(): Readonly<Record<typeof RUN_NAME, string>> {
  const outer = Deno.env.get(RUN_NAME);
  const mark = { [RUN_NAME]: outer ?? crypto.randomUUID() };
  if (outer !== undefined || Deno.build.os !== "linux") return mark;
  const reaper = new Deno.Command("/bin/sh", {
    args: ["-c", SCRIPT, `${RUN_NAME}=${mark[RUN_NAME]}`],
    stdin: "piped",
    stdout: "null",
    stderr: "null",
  }).spawn();
  // It must not keep alive who it waits for
  reaper.unref();
  return mark;
}
