/** What Linux holds a living process by, as the kernel tells it: nothing is taken from what was asked for. */
import { groupPath } from "./own_groups.ts";

/** Kinds of namespaces that a process can have of its own (namespaces(7)). */
const NAMESPACES = ["user", "mnt", "net", "ipc", "uts", "pid"] as const;

/** Of one process. */
export interface KernelWalls {
  /** Its number. */
  readonly pid: number;
  /** Number of its user, when it is another than this process has. */
  readonly user: number | null;
  /** Whether nothing that it starts can have more rights than it has. */
  readonly noNewPrivileges: boolean;
  /** Whether the kernel refuses it system calls by a filter (seccomp). */
  readonly filtersCalls: boolean;
  /** How many capabilities it has, or could get. */
  readonly capabilities: number;
  /** Those that are others than this process has. */
  readonly namespaces: readonly string[];
  /** Its group of processes (cgroups(7), version 2), when it is another than this process has. */
  readonly group: string | null;
  /** Descriptors that it has open. */
  readonly descriptors: number;
  /** That it may have; Infinity without a bound, as with those below. */
  readonly maxDescriptors: number;
  /** Threads that its user may have, in a namespace of its own those of the app alone. */
  readonly maxThreads: number;
  /** Of a file that it writes. */
  readonly maxFileBytes: number;
  /** Of a core file. */
  readonly maxCoreBytes: number;
  /** From -1000 to 1000: the highest is ended first when the machine has no memory left. */
  readonly oomScore: number;
}

/** Reads it; null when there is no such process any more, or it cannot be looked at. */
export function kernelWalls(pid: number): KernelWalls | null {
  try {
    const status = Deno.readTextFileSync(`/proc/${pid}/status`);
    const limits = Deno.readTextFileSync(`/proc/${pid}/limits`);
    const field = (name: string) => new RegExp(`^${name}:\\s+(\\S+)`, "m").exec(status)?.[1] ?? "";
    const limit = (name: string) => {
      const text = new RegExp(`^${name} +(\\S+)`, "m").exec(limits)?.[1];
      return text === undefined || text === "unlimited" ? Infinity : Number(text);
    };
    const groupOf = (of: string) => groupPath(Deno.readTextFileSync(`/proc/${of}/cgroup`), null);
    const group = groupOf(String(pid));
    const space = (of: string, name: string) => Deno.readLinkSync(`/proc/${of}/ns/${name}`);
    const user = Number(field("Uid"));
    return {
      pid,
      user: user === Deno.uid() ? null : user,
      noNewPrivileges: field("NoNewPrivs") === "1",
      filtersCalls: field("Seccomp") === "2",
      capabilities: Math.max(...["CapPrm", "CapEff", "CapBnd"].map((name) => bitsOf(field(name)))),
      namespaces: NAMESPACES.filter((name) => space(String(pid), name) !== space("self", name)),
      group: group === groupOf("self") ? null : group,
      descriptors: [...Deno.readDirSync(`/proc/${pid}/fd`)].length,
      maxDescriptors: limit("Max open files"),
      maxThreads: limit("Max processes"),
      maxFileBytes: limit("Max file size"),
      maxCoreBytes: limit("Max core file size"),
      oomScore: Number(Deno.readTextFileSync(`/proc/${pid}/oom_score_adj`)),
    };
  } catch {
    return null;
  }
}

function bitsOf(hex: string): number {
  return [...BigInt(`0x${hex || "0"}`).toString(2)].filter((bit) => bit === "1").length;
}
