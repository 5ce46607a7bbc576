/** The filter of system calls: what apps need goes on, and what leads out of a process is refused. */
import { assert, assertEquals } from "@std/assert";
import { findProcessTools } from "../../../runtime/config/process_tools.ts";
import { filteringCommand } from "../../../runtime/config/system_call_filter.ts";

const found = await findProcessTools();
const FILTERING = "tools" in found ? found.tools.filtering : [];
const ignore = FILTERING.length === 0;

/** Runs a program behind the filter alone. */
async function behind(...command: readonly string[]): Promise<{ readonly code: number; readonly text: string }> {
  const [program, ...args] = "tools" in found
    ? [found.tools.setpriv, "--no-new-privs", "--", ...FILTERING, ...command]
    : [];
  const { code, stdout, stderr } = await new Deno.Command(program!, { args, env: { LC_ALL: "C" } }).output();
  return { code, text: new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr) };
}

Deno.test({
  name: "Mounts, namespaces, and kinds of sockets that no app needs are refused by the kernel",
  ignore,
  async fn() {
    assertEquals((await behind("/bin/sh", "-c", "grep ^Seccomp: /proc/self/status")).text.trim(), "Seccomp:\t2");
    for (const kind of ["--user", "--mount", "--net"]) {
      const { code, text } = await behind("/usr/bin/unshare", kind, "/bin/true");
      assert(code !== 0 && /Operation not permitted/.test(text), text);
    }
    assert((await behind("/bin/mount", "-t", "tmpfs", "none", "/mnt")).code !== 0);
    // Local ones and those of the internet; AF_ALG and AF_PACKET.
    const sockets =
      "print join ' ', map { socket(my $socket, $_, 2, 0) ? 'open' : $!{EAFNOSUPPORT} ? 'refused' : $! } " +
      "(1, 2, 10, 38, 17)";
    assertEquals((await behind("/usr/bin/perl", "-MErrno", "-e", sockets)).text, "open open open refused refused");
  },
});

Deno.test({
  name: "A program that is refused a call goes on, and one that starts others and threads is not",
  ignore,
  async fn() {
    const code = `new Worker("data:text/javascript,postMessage(3)", { type: "module" }).onmessage = ({ data }) => {
      console.log(data, new Deno.Command("/bin/echo", { args: ["run"] }).outputSync().success);
      Deno.exit();
    };`;
    assertEquals((await behind(Deno.execPath(), "eval", "--ext=js", code)).text, "3 true\n");
  },
});

Deno.test("A machine whose calls are not known gets no filter, and the others one of whole steps", () => {
  assertEquals(filteringCommand("/usr/bin/perl", "riscv64"), null);
  for (const arch of ["x86_64", "aarch64"]) {
    const hex = filteringCommand("/usr/bin/perl", arch)!.at(-1)!;
    assertEquals(hex.length % 16, 0);
    // As many as the kernel takes (BPF_MAXINSNS).
    assert(hex.length / 16 < 4096);
  }
});
