/**
 * Calls to the kernel that no process of an app has use for, as a filter that the kernel runs: mounts, namespaces, other
 * processes' memory, modules, clocks, keys, and parts of the kernel that most ways out of a process went through.
 */

/** Numbers as the kernel has them, x86-64 and arm64 (asm/unistd_64.h, asm-generic/unistd.h); null where there is none. */
const REFUSED: Readonly<Record<string, readonly [x86: number, arm: number | null]>> = {
  // Other processes.
  ptrace: [101, 117],
  process_vm_readv: [310, 270],
  process_vm_writev: [311, 271],
  kcmp: [312, 272],
  pidfd_getfd: [438, 438],
  // Mounts and namespaces.
  mount: [165, 40],
  umount2: [166, 39],
  pivot_root: [155, 41],
  open_tree: [428, 428],
  move_mount: [429, 429],
  fsopen: [430, 430],
  fsconfig: [431, 431],
  fsmount: [432, 432],
  fspick: [433, 433],
  mount_setattr: [442, 442],
  unshare: [272, 97],
  setns: [308, 268],
  // Files by handles, which no folder bounds.
  name_to_handle_at: [303, 264],
  open_by_handle_at: [304, 265],
  fanotify_init: [300, 262],
  quotactl: [179, 60],
  quotactl_fd: [443, 443],
  // Parts of the kernel that flaws are found in most.
  bpf: [321, 280],
  perf_event_open: [298, 241],
  userfaultfd: [323, 282],
  io_uring_setup: [425, 425],
  io_uring_enter: [426, 426],
  io_uring_register: [427, 427],
  add_key: [248, 217],
  request_key: [249, 218],
  keyctl: [250, 219],
  modify_ldt: [154, null],
  move_pages: [279, 239],
  // The machine as a whole.
  init_module: [175, 105],
  finit_module: [313, 273],
  delete_module: [176, 106],
  kexec_load: [246, 104],
  kexec_file_load: [320, 294],
  reboot: [169, 142],
  swapon: [167, 224],
  swapoff: [168, 225],
  acct: [163, 89],
  syslog: [103, 116],
  settimeofday: [164, 170],
  clock_settime: [227, 112],
  clock_adjtime: [305, 266],
  adjtimex: [159, 171],
  sethostname: [170, 161],
  setdomainname: [171, 162],
  vhangup: [153, 58],
  iopl: [172, null],
  ioperm: [173, null],
};

interface Machine {
  /** AUDIT_ARCH_* of linux/audit.h. */
  readonly audit: number;
  /** Place of its numbers in the table. */
  readonly column: 0 | 1;
  readonly clone: number;
  readonly socket: number;
  readonly prctl: number;
}

const MACHINES: Readonly<Record<string, Machine>> = {
  x86_64: { audit: 0xc000003e, column: 0, clone: 56, socket: 41, prctl: 157 },
  aarch64: { audit: 0xc00000b7, column: 1, clone: 220, socket: 198, prctl: 167 },
};
const CLONE3 = 435;
/** Numbers of x32 begin there, other names for the calls of x86-64. */
const X32 = 0x40000000;
/** CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET of linux/sched.h. */
const NEW_NAMESPACES = 0x7e020000;
/** AF_UNIX, AF_INET, AF_INET6, and AF_NETLINK, by which libraries ask for addresses. */
const FAMILIES = [1, 2, 10, 16];
const ERRNO = { EPERM: 1, ENOSYS: 38, EAFNOSUPPORT: 97 } as const;

/** Of linux/bpf_common.h and linux/seccomp.h. */
const LOAD = 0x20;
const IS_EQUAL = 0x15;
const IS_AT_LEAST = 0x35;
const HAS_BITS = 0x45;
const RETURN = 0x06;
const ALLOW = 0x7fff0000;
const FAIL = 0x00050000;
/** Of struct seccomp_data. */
const AT = { NUMBER: 0, ARCH: 4, FIRST_ARGUMENT: 16 } as const;

type Step = readonly [code: number, k: number, yes?: number, no?: number];

/** By which a program takes the filter on and becomes the next; perl is part of every Debian. */
const LOADER = "my ($prctl, $hex) = splice @ARGV, 0, 2; my $filter = pack 'H*', $hex; " +
  "my $program = pack 'S x![P] P', length($filter) / 8, $filter; " +
  'syscall($prctl + 0, 22, 2, $program) == 0 or die "Cannot take the filter of system calls on: $!\\n"; ' +
  'exec { $ARGV[0] } @ARGV or die "$ARGV[0]: $!\\n";';

/** What the rest of a command is started by; null for a machine whose calls are not known. @param perl path of the program */
export function filteringCommand(perl: string, arch: string): readonly string[] | null {
  const machine = MACHINES[arch];
  return machine === undefined ? null : [perl, "-e", LOADER, String(machine.prctl), hexOf(filterOf(machine))];
}

/** A call that is refused fails; it ends nobody, since libraries try calls and go on without. */
function filterOf({ audit, column, clone, socket }: Machine): readonly Step[] {
  const fails = (errno: number): Step => [RETURN, FAIL | errno];
  const refused = Object.values(REFUSED).flatMap((numbers) => numbers[column] ?? []);
  return [
    [LOAD, AT.ARCH],
    [IS_EQUAL, audit, 1, 0],
    fails(ERRNO.ENOSYS),
    [LOAD, AT.NUMBER],
    ...(column === 0 ? [[IS_AT_LEAST, X32, 0, 1], fails(ERRNO.ENOSYS)] as const : []),
    // Its flags are behind a pointer, where no filter looks; the C library takes clone then.
    ...[[IS_EQUAL, CLONE3, 0, 1], fails(ERRNO.ENOSYS)] as const,
    ...refused.flatMap((number) => [[IS_EQUAL, number, 0, 1], fails(ERRNO.EPERM)] as const),
    ...[[IS_EQUAL, clone, 0, 4], [LOAD, AT.FIRST_ARGUMENT], [HAS_BITS, NEW_NAMESPACES, 0, 1]] as const,
    fails(ERRNO.EPERM),
    [RETURN, ALLOW],
    ...[[IS_EQUAL, socket, 1, 0], [RETURN, ALLOW], [LOAD, AT.FIRST_ARGUMENT]] as const,
    ...FAMILIES.flatMap((family) => [[IS_EQUAL, family, 0, 1], [RETURN, ALLOW]] as const),
    fails(ERRNO.EAFNOSUPPORT),
  ];
}

/** Of struct sock_filter, on a little-endian machine. */
function hexOf(steps: readonly Step[]): string {
  const bytes = new Uint8Array(steps.length * 8);
  const view = new DataView(bytes.buffer);
  steps.forEach(([code, k, yes = 0, no = 0], at) => {
    view.setUint16(at * 8, code, true);
    view.setUint8(at * 8 + 2, yes);
    view.setUint8(at * 8 + 3, no);
    view.setUint32(at * 8 + 4, k >>> 0, true);
  });
  return bytes.toHex();
}
