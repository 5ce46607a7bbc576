/** Name resolution for one app: few at once, for each holds a thread of those that read the host's files, too. */

/** Resolves a name to all its addresses; tests put their own name server behind it. */
export type Resolve = (
  hostname: string,
  done: (error: Error | null, addresses: readonly { address: string; family: number }[]) => void,
) => void;

/** Names being resolved at once; the threads are 512, and a name server that says nothing holds one for half a minute. */
const MAX_RUNNING = 32;
/** Names that wait; each belongs to a connection, of which an app has no more. */
const MAX_WAITING = 1024;

type Done = Parameters<Resolve>[1];

/**
 * The same resolution with a bound. Who asks for a name that is being resolved gets that answer. Whoever gave up
 * meanwhile makes no room: the thread is held until the answer comes.
 */
export function boundedResolve(resolve: Resolve, maxRunning: number = MAX_RUNNING): Resolve {
  const running = new Map<string, Done[]>();
  const waiting = new Map<string, Done[]>();
  let waiters = 0;
  const start = (hostname: string, all: Done[]) => {
    running.set(hostname, all);
    resolve(hostname, (error, addresses) => {
      running.delete(hostname);
      for (const [next, others] of waiting) {
        if (running.size >= maxRunning) break;
        waiting.delete(next);
        waiters -= others.length;
        start(next, others);
      }
      for (const done of all) done(error, addresses);
    });
  };
  return (hostname, done) => {
    const same = running.get(hostname);
    if (same !== undefined && same.length < MAX_WAITING) same.push(done);
    else if (same === undefined && running.size < maxRunning) start(hostname, [done]);
    else if (waiters >= MAX_WAITING) {
      done(Object.assign(new Error(`${MAX_WAITING} names wait to be resolved`), { code: "EAI_AGAIN" }), []);
    } else {
      waiters++;
      waiting.set(hostname, [...waiting.get(hostname) ?? [], done]);
    }
  };
}
