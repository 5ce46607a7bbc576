/** Users of whom nobody has heard, of which each process of an isolate gets one where NANO may give it away. */

/** Of a process. */
export interface ProcessUser {
  readonly uid: number;
  readonly gid: number;
}

/**
 * Numbers that no distribution, container or login takes: systemd's list of users and groups (systemd.io/UIDS-GIDS) has
 * 1879048192 to 2147483647 as unused.
 */
const FIRST = 0x7000_0000;
const COUNT = 0x1000_0000;

/** By number (capability.h): what NANO needs to give a process another user, and to look after it still. */
const RIGHTS = { CAP_CHOWN: 0, CAP_DAC_OVERRIDE: 1, CAP_KILL: 5, CAP_SETGID: 6, CAP_SETUID: 7, CAP_SYS_PTRACE: 19 };

/** Where this NANO begins: another on the machine gives other numbers away, most likely. */
let next = FIRST + crypto.getRandomValues(new Uint32Array(1))[0]! % COUNT;

/** One that no process of this NANO has: there are more than processes in its life. */
export function nextProcessUser(): ProcessUser {
  const uid = next;
  next = next + 1 === FIRST + COUNT ? FIRST : next + 1;
  return { uid, gid: uid };
}

/** The owner of a folder; null when that is NANO's user, or root. */
export async function userOfFolder(path: string): Promise<ProcessUser | null> {
  const { uid, gid } = await Deno.stat(path);
  if (uid === null || uid === 0 || uid === Deno.uid()) return null;
  // A group of root's reads what is nobody's business.
  return { uid, gid: gid === null || gid === 0 ? uid : gid };
}

/** What `setpriv` is told for it. */
export function userArguments({ uid, gid }: ProcessUser): string[] {
  return [`--reuid=${uid}`, `--regid=${gid}`, "--clear-groups"];
}

/**
 * What NANO lacks to give users away, for people; null when it lacks nothing that can be known without a trial.
 * @param read gives the text of a file
 */
export function lacksForUsers(read: (path: string) => string = Deno.readTextFileSync): string | null {
  try {
    const held = BigInt(`0x${/^CapEff:\s+([0-9a-f]+)$/m.exec(read("/proc/self/status"))![1]}`);
    const lacking = Object.entries(RIGHTS).filter(([, bit]) => (held >> BigInt(bit) & 1n) === 0n).map(([name]) => name);
    if (lacking.length === Object.keys(RIGHTS).length) return "it has that of NANO, which is not root";
    if (lacking.length > 0) return `it has that of NANO, which has no ${lacking.join(", ")}`;
    const isMapped = ["uid_map", "gid_map"].every((name) => maps(read(`/proc/self/${name}`)));
    return isMapped ? null : "it has that of NANO, whose container has too few users";
  } catch {
    return "it has that of NANO, to which the kernel tells nothing of its rights";
  }
}

/** Whether one line has all of the numbers (user_namespaces(7)). */
function maps(text: string): boolean {
  return text.trim().split("\n").some((line) => {
    const [first, , count] = line.trim().split(/\s+/).map(Number) as [number, number, number];
    return first <= FIRST && FIRST + COUNT <= first + count;
  });
}
