/** How a process of an isolate is closed in: programs of the system, each of which does one thing and becomes the next. */
import { type ProcessUser, userArguments } from "./process_users.ts";

/** Descriptors that a process of one isolate has use for: Deno opens some 20. */
const MAX_DESCRIPTORS = 128;
/** Of one that runs an app as Deno runs it, with its files and connections. */
const MAX_OPEN_DESCRIPTORS = 1024;
/** Threads: Deno has some 20 on a machine of many cores, and its own processes none. The kernel excepts root. */
const MAX_THREADS = 128;
/** Of one that runs an app as Deno runs it: native code and workers bring their own, and so do programs. */
const MAX_OPEN_THREADS = 512;
/** What `/tmp` of such an app holds, in the memory of the machine where there are namespaces. */
export const TMP_MB = 64;
/** What names are looked up with. */
const NETWORK_FILES = ["resolv.conf", "hosts", "nsswitch.conf", "host.conf", "gai.conf"].map((name) => `/etc/${name}`);
/** What programs of the system need of it. */
const PROGRAM_FOLDERS = ["/usr", "/bin", "/sbin", "/etc/alternatives", "/etc/fonts", "/etc/ld.so.cache", "/etc/ssl"];
/** Devices that programs and native code expect. */
const DEVICES = ["random", "urandom", "zero", "full"].map((name) => `/dev/${name}`);

/** The programs that a machine has, by path. */
export interface ProcessTools {
  /** Has the kernel end a process with the one that started it. */
  readonly setpriv: string;
  /** Its arguments by which a process gives every capability up; none where NANO has no right to that, or none to give. */
  readonly dropping: readonly string[];
  /** Bounds what a process may take of the machine. */
  readonly prlimit: string;
  /** Closes what NANO has inherited from whoever started it; null where it is not there. */
  readonly bash: string | null;
  /** What the rest of a command is started by for the kernel to refuse calls that no app needs; empty where it cannot be had. */
  readonly filtering: readonly string[];
  /** Gives a process namespaces of its own, and what mounts its few files; null where the kernel does not allow it. */
  readonly namespaces: { readonly unshare: string; readonly chroot: string } | null;
  /** Why processes have NANO's user, for people; null where each can have one of its own. */
  readonly withoutUsers: string | null;
}

/** What a process may have that runs an app as Deno runs it: files of the host, by the paths that they have there. */
export interface OpenPlace {
  /** Folders that it may read, real paths. */
  readonly reads: readonly string[];
  /** Folders that it may write, real paths; they may lie in those. */
  readonly writes: readonly string[];
  /** Files and folders that are nobody's business there, though they lie in what it may read. */
  readonly hidden: readonly string[];
  /** Whether it has the network of the host. */
  readonly network: boolean;
  /** Whether it may start programs. */
  readonly runs: boolean;
  /** The largest file that it may write. */
  readonly fileBytes: number;
}

/** Who is closed in. */
export interface Walled {
  /** Null for an isolate that needs nothing of the host. */
  readonly open?: OpenPlace | null;
  /** Holds `socket`, and nobody else may look into it. */
  readonly folder: string;
  /** Of Deno, or of a compiled NANO. */
  readonly executable: string;
  /** Who owns `folder` and the socket, if that is not NANO's user. */
  readonly user?: ProcessUser | null;
}

/** Where the process finds what is its own. */
export interface WalledPlace {
  readonly executable: string;
  readonly socket: string;
}

/**
 * Deno opens with CLOEXEC what it opens; what NANO was started with stays open in all that it starts. A write beyond the
 * largest file is an error then, where it would end the process.
 */
export const CLOSING = `trap '' HUP INT TERM XFSZ
for file in /proc/self/fd/*; do fd=\${file##*/}; if [ "$fd" -gt 2 ]; then eval "exec $fd>&-"; fi; done
exec "$@"`;

/**
 * An empty file system over the folder, with the libraries of the system, three programs and the socket in it. The shell
 * stays in what lies below. A compiled NANO finds itself by /proc/self/exe; there is no other /proc.
 */
const MOUNTING = `set -e
PATH=/usr/sbin:/usr/bin:/sbin:/bin
folder=$1 executable=$2 setpriv=$3 prlimit=$4
shift 4
cd "$folder"
mount -n -t tmpfs -o size=64k,nr_inodes=256,mode=755,nosuid,nodev none "$folder"
mkdir -p "$folder/usr" "$folder/dev" "$folder/proc/self"
# Nothing may lie beneath what is mounted later: it could not be closed.
case " $* " in *" read /usr "*) libraries="lib lib64";; *) libraries="lib lib64 usr/lib usr/lib64";; esac
for at in $libraries; do
  if [ -L "/$at" ]; then ln -s "$(readlink "/$at")" "$folder/$at"
  elif [ -d "/$at" ]; then mkdir "$folder/$at"; mount -n --rbind -o ro "/$at" "$folder/$at"; fi
done
for name in nano setpriv prlimit dev/null socket; do : > "$folder/$name"; done
mount -n --bind -o ro "$executable" "$folder/nano"
mount -n --bind -o ro "$setpriv" "$folder/setpriv"
mount -n --bind -o ro "$prlimit" "$folder/prlimit"
mount -n --bind /dev/null "$folder/dev/null"
mount -n -c --bind ./socket "$folder/socket"
ln -s /nano "$folder/proc/self/exe"
# Where a mount of the host has flags that may not be taken off, they have to be named.
close() {
  mount -n -o remount,bind,ro "$1" 2> /dev/null || mount -n -o remount,bind,ro,nosuid,nodev "$1" 2> /dev/null ||
    mount -n -o remount,bind,ro,nosuid,nodev,noexec "$1" 2> /dev/null || mount -n -o remount,bind,ro,nosuid,nodev,noatime "$1"
}
while [ "$1" != -- ]; do
  at=$folder$2
  case $1 in
    proc) rm "$folder/proc/self/exe"; rmdir "$folder/proc/self"
      mount -n -t proc none "$folder/proc" || { mkdir "$folder/proc/self"; ln -s /nano "$folder/proc/self/exe"; };;
    tmp) mkdir -p "$at"; mount -n -t tmpfs -o size=${TMP_MB}m,mode=1777,nosuid,nodev none "$at";;
    close) # Mounts that lie in others come along with them, and each is closed by itself.
      while read -r _ _ _ _ point _; do
        case $point in *\\\\*) point=$(printf %b "$point");; esac
        case $point in
          "$folder"/proc | "$folder"/proc/* | "$folder"/tmp | "$folder"/dev/* | "$folder"/socket);;
          "$folder"/*) close "$point";;
        esac
      done < /proc/self/mountinfo;;
    hide) if [ -d "$2" ]; then mount -n -t tmpfs -o ro,size=4k,mode=000 none "$at"; else mount -n --bind /dev/null "$at"; fi;;
    *) mkdir -p "\${at%/*}"
      if [ -L "$2" ]; then [ -L "$at" ] || ln -s "$(readlink "$2")" "$at" || :
      elif [ -e "$2" ]; then
        if [ -d "$2" ]; then mkdir -p "$at"; else [ -e "$at" ] || : > "$at"; fi
        mount -n --rbind "$2" "$at"
      fi;;
  esac
  shift 2
done
shift
exec "$@"`;

/** Arguments of setpriv; takes CAP_SETPCAP. */
export const NO_CAPABILITIES: readonly string[] = ["--bounding-set=-all", "--inh-caps=-all"];

/** What a process that is closed in may have of them, with those of the programs that it starts. */
export function maxThreads(isOpen: boolean): number {
  return isOpen ? MAX_OPEN_THREADS : MAX_THREADS;
}

/** What a process that is closed in sees of itself. */
export function walledPlace({ folder, executable }: Walled, { namespaces }: ProcessTools): WalledPlace {
  if (namespaces === null) return { executable, socket: `${folder}/socket` };
  return { executable: "/nano", socket: "/socket" };
}

/**
 * The whole command.
 * @param command of whoever is closed in, by paths as it sees them
 */
export function walledCommand(
  { folder, executable, open = null, user = null }: Walled,
  tools: ProcessTools,
  command: readonly string[],
): readonly [program: string, ...args: string[]] {
  const { setpriv, prlimit, dropping, bash, filtering, namespaces } = tools;
  // Before the namespaces: what is root in those is this user for everybody else.
  const dying = [setpriv, "--pdeathsig", "KILL", "--no-new-privs", ...(user === null ? [] : userArguments(user))];
  const bounds = open === null
    ? ["--core=0", "--fsize=0", `--nofile=${MAX_DESCRIPTORS}`]
    : ["--core=0", `--fsize=${open.fileBytes}`, `--nofile=${MAX_OPEN_DESCRIPTORS}`];
  const network = open?.network === true ? [] : ["--net"];
  const walls = namespaces === null ? [...dying, ...dropping, "--", ...filtering, prlimit, ...bounds, "--"] : [
    ...[...dying, "--", namespaces.unshare, "--user", "--map-root-user", "--mount", ...network, "--ipc", "--uts"],
    ...["--pid", "--fork", "--kill-child", "--", "/bin/sh", "-c", MOUNTING, "nano"],
    ...[folder, executable, setpriv, prlimit],
    ...[...(open === null ? [] : mountsOf(open)), "--"],
    // From here on nothing is mounted any more.
    ...[...filtering, namespaces.chroot, folder],
    ...["/prlimit", ...bounds, `--nproc=${maxThreads(open !== null)}`, "--"],
    // The end of NANO ends `unshare`, and that the process.
    ...["/setpriv", "--pdeathsig", "KILL", ...NO_CAPABILITIES, "--"],
  ];
  const closing = bash === null ? [] : [bash, "-c", CLOSING, "nano"];
  const [program, ...args] = [...closing, ...walls, ...command];
  return [program!, ...args];
}

/** Kinds and paths of what is mounted beside the libraries, in order. */
function mountsOf({ reads, writes, hidden, network, runs }: OpenPlace): string[] {
  const files = [
    ...(runs ? PROGRAM_FOLDERS : []),
    ...(network ? NETWORK_FILES : []),
    ...reads,
  ];
  return [
    ...["proc", "/proc", "tmp", "/tmp"],
    ...DEVICES.flatMap((path) => ["write", path]),
    ...files.flatMap((path) => ["read", path]),
    ...["close", "/"],
    ...writes.flatMap((path) => ["write", path]),
    // Last, or what lies in a folder that is mounted later would be seen again.
    ...hidden.flatMap((path) => ["hide", path]),
  ];
}
