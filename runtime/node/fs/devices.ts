/** The standard streams and /dev/null as files: what is written to the streams comes into the app's log. */
import type { Facts } from "./stats.ts";

/** What an app finds below /dev, and nothing else. */
type Device = "stdin" | "stdout" | "stderr" | "null";

const DEVICES: ReadonlyMap<string, Device> = new Map<string, Device>([
  ["/dev/stdin", "stdin"],
  ["/dev/stdout", "stdout"],
  ["/dev/stderr", "stderr"],
  ["/dev/null", "null"],
  ["/dev/fd/0", "stdin"],
  ["/dev/fd/1", "stdout"],
  ["/dev/fd/2", "stderr"],
]);
const startedMs = Date.now();

/** What lies at a path that is no file. */
export function deviceOf(path: string): Device | undefined {
  return DEVICES.get(path);
}

/** As of a process whose streams are pipes. */
export function factsOfDevice(device: Device): Facts {
  const kind = device === "null" ? { kind: "device", mode: 0o666 } as const : { kind: "other", mode: 0o600 } as const;
  return { ...kind, size: 0, inode: 1, modifiedMs: startedMs, createdMs: startedMs, isExecutable: false };
}

/** Takes what is written to one. */
export function writeToDevice(device: Device, bytes: Uint8Array): void {
  if (device === "stdout") process.stdout.write(bytes);
  else if (device === "stderr") process.stderr.write(bytes);
}
