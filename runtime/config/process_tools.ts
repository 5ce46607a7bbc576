/** What of this machine apps with `"isolation": "process"` need and may have: programs that a process is started through. */
import { lacksForUsers, nextProcessUser, type ProcessUser } from "./process_users.ts";
import { CLOSING, NO_CAPABILITIES, type ProcessTools, walledCommand, walledPlace } from "./process_walls.ts";
import { filteringCommand } from "./system_call_filter.ts";

/** Where distributions have them. */
const FOLDERS = ["/usr/bin", "/bin", "/usr/sbin", "/sbin", "/usr/local/bin"];
/** Under which whoever wants no namespaces says so: "0". */
const NAMESPACES = "NANO_NAMESPACES";
/** The same of users of their own. */
const USERS = "NANO_USERS";

/** A trial that takes longer has found no wall that an app could be started behind; half a second is usual. */
const TRIAL_MS = 30_000;

/** What there is of them. */
export type FoundTools = { readonly tools: ProcessTools } | { readonly missing: string };

let found: Promise<FoundTools> | null = null;

/** Looks once. */
export function findProcessTools(): Promise<FoundTools> {
  return found ??= find();
}

async function find(): Promise<FoundTools> {
  if (Deno.build.os !== "linux") return { missing: "Linux" };
  const setpriv = await pathOf("setpriv");
  // That of BusyBox has no such option.
  if (setpriv === null || !await runs(setpriv, ["--pdeathsig", "KILL", "--no-new-privs", "--", "/bin/true"])) {
    return { missing: "setpriv of util-linux 2.36 or later" };
  }
  const prlimit = await pathOf("prlimit");
  if (prlimit === null || !await runs(prlimit, ["--core=0", "--fsize=0", "--", "/bin/true"])) {
    return { missing: "prlimit of util-linux" };
  }
  const bash = await pathOf("bash");
  const closes = bash !== null && await runs(bash, ["-c", CLOSING, "nano", "/bin/true"]);
  const tools = {
    setpriv,
    prlimit,
    dropping: await runs(setpriv, [...NO_CAPABILITIES, "--", "/bin/true"]) ? NO_CAPABILITIES : [],
    bash: closes ? bash : null,
    filtering: await findFilter(setpriv),
    namespaces: null,
    withoutUsers: null,
  };
  const namespaces = await findNamespaces(tools);
  return { tools: { ...tools, namespaces, withoutUsers: await lacksOfUsers({ ...tools, namespaces }) } };
}

/** The kernel takes a filter from whoever can get no new privileges. */
async function findFilter(setpriv: string): Promise<readonly string[]> {
  const perl = await pathOf("perl");
  const filtering = perl === null ? null : filteringCommand(perl, Deno.build.arch);
  if (filtering === null) return [];
  return await runs(setpriv, ["--no-new-privs", "--", ...filtering, "/bin/true"]) ? filtering : [];
}

/** Tried as a whole: kernels, containers and security modules each have ways of their own to refuse it. */
async function findNamespaces(tools: ProcessTools): Promise<ProcessTools["namespaces"]> {
  const unshare = await pathOf("unshare");
  const chroot = await pathOf("chroot");
  if (unshare === null || chroot === null || Deno.env.get(NAMESPACES) === "0" || !await hasChildren()) return null;
  const namespaces = { unshare, chroot };
  return await startsBehind({ ...tools, namespaces }, null) ? namespaces : null;
}

/** Tried as a whole too: where Deno lies may be closed to others, and the kernel may give namespaces to root alone. */
async function lacksOfUsers(tools: ProcessTools): Promise<string | null> {
  if (Deno.env.get(USERS) === "0") return `it has that of NANO, as ${USERS} wants it`;
  const lacks = lacksForUsers();
  if (lacks !== null) return lacks;
  if (await startsBehind(tools, nextProcessUser())) return null;
  const making = tools.namespaces === null ? "" : ", or make namespaces";
  return `it has that of NANO, as no other user can start ${Deno.execPath()}${making}`;
}

/** Whether a process comes up behind the walls. */
async function startsBehind(tools: ProcessTools, user: ProcessUser | null): Promise<boolean> {
  const folder = await Deno.makeTempDir({ prefix: "nano-trial-" });
  try {
    await Deno.writeTextFile(`${folder}/socket`, "");
    if (user !== null) { for (const path of [`${folder}/socket`, folder]) await Deno.chown(path, user.uid, user.gid); }
    const walled = { folder, executable: Deno.execPath(), user };
    const [program, ...args] = walledCommand(walled, tools, [walledPlace(walled, tools).executable, "--version"]);
    return await runs(program, args);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** By which NANO finds the process behind `unshare`; a kernel may be built without. */
async function hasChildren(): Promise<boolean> {
  try {
    await Deno.readTextFile(`/proc/${Deno.pid}/task/${Deno.pid}/children`);
    return true;
  } catch {
    return false;
  }
}

async function pathOf(name: string): Promise<string | null> {
  for (const folder of FOLDERS) {
    try {
      if ((await Deno.stat(`${folder}/${name}`)).isFile) return `${folder}/${name}`;
    } catch {
      // Not in this one.
    }
  }
  return null;
}

async function runs(program: string, args: readonly string[]): Promise<boolean> {
  try {
    const { success } = await new Deno.Command(program, {
      args: [...args],
      clearEnv: true,
      env: { DENO_DIR: "/dev/null" },
      cwd: "/",
      stdin: "null",
      stdout: "null",
      stderr: "null",
      signal: AbortSignal.timeout(TRIAL_MS),
    }).output();
    return success;
  } catch {
    return false;
  }
}
