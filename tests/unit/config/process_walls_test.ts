/** The command that a process of an isolate is started by, for each kind of machine. */
import { assertEquals } from "@std/assert";
import { findProcessTools } from "../../../runtime/config/process_tools.ts";
import { type ProcessTools, walledCommand, walledPlace } from "../../../runtime/config/process_walls.ts";

const PLAIN: ProcessTools = {
  setpriv: "/b/setpriv",
  prlimit: "/b/prlimit",
  dropping: [],
  bash: null,
  filtering: [],
  namespaces: null,
  withoutUsers: "it is not root",
};
const WALLED = { folder: "/tmp/own", executable: "/opt/deno" };

/** Without the texts of scripts. */
function words(tools: ProcessTools): string[] {
  return walledCommand(WALLED, tools, ["RUN"]).map((word) => word.includes("\n") ? "SCRIPT" : word);
}

Deno.test("A process ends with NANO, has no new privileges and bounds on every machine", () => {
  assertEquals(words(PLAIN), [
    ...["/b/setpriv", "--pdeathsig", "KILL", "--no-new-privs", "--"],
    ...["/b/prlimit", "--core=0", "--fsize=0", "--nofile=128", "--", "RUN"],
  ]);
  assertEquals(walledPlace(WALLED, PLAIN), { executable: "/opt/deno", socket: "/tmp/own/socket" });
});

Deno.test("A process closes what it inherits before all else, and gives capabilities up where it may", () => {
  const found = words({ ...PLAIN, bash: "/b/bash", dropping: ["--drop"] });
  assertEquals(found.slice(0, 9), [
    ...["/b/bash", "-c", "SCRIPT", "nano", "/b/setpriv", "--pdeathsig", "KILL", "--no-new-privs", "--drop"],
  ]);
});

Deno.test("With namespaces it is bound within them, and gives capabilities up last", () => {
  const tools = { ...PLAIN, namespaces: { unshare: "/b/unshare", chroot: "/b/chroot" } };
  const found = words(tools);
  assertEquals(found.slice(0, 6), [
    ...["/b/setpriv", "--pdeathsig", "KILL", "--no-new-privs", "--", "/b/unshare"],
  ]);
  assertEquals(found.slice(found.indexOf("/bin/sh"), found.indexOf("/prlimit")), [
    ...["/bin/sh", "-c", "SCRIPT", "nano", "/tmp/own", "/opt/deno", "/b/setpriv", "/b/prlimit", "--"],
    ...["/b/chroot", "/tmp/own"],
  ]);
  assertEquals(found.slice(-8), [
    ...["--", "/setpriv", "--pdeathsig", "KILL", "--bounding-set=-all", "--inh-caps=-all", "--", "RUN"],
  ]);
  assertEquals(walledPlace(WALLED, tools), { executable: "/nano", socket: "/socket" });
});

Deno.test("Whom it runs as is settled before the namespaces, whose root is that user", () => {
  const user = { uid: 7, gid: 8 };
  const found = walledCommand({ ...WALLED, user }, { ...PLAIN, dropping: ["--drop"] }, ["RUN"]);
  assertEquals(found.slice(4, 9), ["--reuid=7", "--regid=8", "--clear-groups", "--drop", "--"]);
  const tools = { ...PLAIN, namespaces: { unshare: "/b/unshare", chroot: "/b/chroot" } };
  const walled = walledCommand({ ...WALLED, user }, tools, ["RUN"]);
  assertEquals(walled.slice(4, 9), ["--reuid=7", "--regid=8", "--clear-groups", "--", "/b/unshare"]);
});

Deno.test("System calls are filtered after the last mount, and where there are no namespaces before all bounds", () => {
  const tools = { ...PLAIN, filtering: ["FILTER"] };
  const walled = words({ ...tools, namespaces: { unshare: "/b/unshare", chroot: "/b/chroot" } });
  assertEquals(walled.slice(walled.indexOf("FILTER"), walled.indexOf("/prlimit")), ["FILTER", "/b/chroot", "/tmp/own"]);
  assertEquals(words(tools).slice(4, 7), ["--", "FILTER", "/b/prlimit"]);
});

Deno.test("One that runs an app as Deno does finds its folders, and has the network and programs that it may have", () => {
  const tools = { ...PLAIN, namespaces: { unshare: "/b/unshare", chroot: "/b/chroot" } };
  const open = {
    ...{ reads: ["/srv/app"], writes: ["/srv/app/data"], hidden: ["/srv/app/data/secret.txt"] },
    ...{ network: false, runs: false, fileBytes: 1024 },
  };
  const mounts = (more: Partial<typeof open>) => {
    const found = walledCommand({ ...WALLED, open: { ...open, ...more } }, tools, ["RUN"]);
    assertEquals(found.includes("--fsize=1024"), true);
    return {
      net: found.includes("--net"),
      words: found.slice(found.indexOf("/b/prlimit") + 1, found.indexOf("/b/chroot")),
    };
  };
  const plain = mounts({});
  assertEquals(plain.net, true);
  assertEquals(plain.words.slice(0, 4), ["proc", "/proc", "tmp", "/tmp"]);
  assertEquals(plain.words.slice(-9), [
    ...["read", "/srv/app", "close", "/", "write", "/srv/app/data", "hide", "/srv/app/data/secret.txt", "--"],
  ]);
  assertEquals(plain.words.includes("/usr"), false);
  const more = mounts({ network: true, runs: true });
  assertEquals([more.net, more.words.includes("/usr"), more.words.includes("/etc/resolv.conf")], [false, true, true]);
});

const found = await findProcessTools();
const TOOLS = "tools" in found ? found.tools : PLAIN;

Deno.test({
  name: "What is mounted within an app's folder is read-only for it as the folder is, and its data is not",
  ignore: TOOLS.namespaces === null,
  async fn() {
    await using stack = new AsyncDisposableStack();
    const folder = await Deno.makeTempDir();
    const reach = await Deno.makeTempDir();
    for (const path of [folder, reach]) stack.defer(() => Deno.remove(path, { recursive: true }));
    for (const name of ["a mount", "data"]) await Deno.mkdir(`${reach}/${name}`);
    await Deno.writeTextFile(`${folder}/socket`, "");
    const tries = `for at in . "a mount" data; do
      if (: > "${reach}/$at/file") 2> /dev/null; then echo "$at: written"; else echo "$at: refused"; fi
    done`;
    const open = {
      ...{ reads: [reach], writes: [`${reach}/data`], hidden: [] },
      ...{ network: false, runs: true, fileBytes: 1024 },
    };
    const walled = walledCommand({ folder, executable: Deno.execPath(), open }, TOOLS, ["/bin/sh", "-c", tries]);
    // A namespace of mounts around it, of which nothing is left.
    const { stdout, stderr } = await new Deno.Command(TOOLS.namespaces!.unshare, {
      args: [
        ...["--user", "--map-root-user", "--mount", "--", "/bin/sh", "-c"],
        ...['mount -n -t tmpfs none "$1/a mount" && shift && exec "$@"', "sh", reach, ...walled],
      ],
    }).output();
    const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    assertEquals([text(stdout).trim().split("\n"), text(stderr)], [
      [".: refused", "a mount: refused", "data: written"],
      "",
    ]);
  },
});
