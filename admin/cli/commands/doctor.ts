/** `nano doctor`: what this machine offers, and what each kind of isolation therefore is. */
import { findProcessGroups, findProcessTools, type FoundTools, type ProcessTools } from "../../../runtime/mod.ts";
import type { Command } from "../line/command.ts";

export const command: Command = {
  doc: {
    name: "doctor",
    summary: "Tell what this machine offers",
    description: [
      "Tells which kinds of isolation apps may have on this machine, what the kernel enforces for each, and what is " +
      "missing. Nothing is started but the programs that it looks for, and no NANO needs to run.",
    ],
    arguments: [],
    examples: [
      { command: "nano doctor", meaning: "for people" },
      { command: "nano doctor --json | jq -e .isolation.process.available", meaning: "for a program" },
    ],
    exitCodes: { 0: "it was told, whatever there is" },
  },
  options: [{ name: "json", value: null, summary: "JSON for programs" }],
  async run(line, io) {
    const found = await findProcessTools();
    if (line.flag("json")) {
      io.out(JSON.stringify({ isolation: { worker: { available: true }, process: shown(found) } }));
    } else for (const text of lines(found)) io.out(text);
    return 0;
  },
};

/** A thing that the kernel enforces on a process, or does not. */
interface Wall {
  readonly key: string;
  readonly what: string;
  readonly by: string | null;
  /** Why not. */
  readonly lacks: string;
}

function walls(
  { setpriv, prlimit, dropping, bash, filtering, namespaces, withoutUsers }: ProcessTools,
): readonly Wall[] {
  const unshare = namespaces?.unshare ?? null;
  const groups = findProcessGroups();
  const refused = "the kernel, or the container, does not let NANO make namespaces";
  return [
    { key: "ends_with_nano", what: "ends with NANO, gets no new privileges", by: setpriv, lacks: "" },
    { key: "limits", what: "no core files, no files written, 128 descriptors", by: prlimit, lacks: "" },
    {
      key: "drops_capabilities",
      what: "gives capabilities up",
      by: namespaces !== null || dropping.length > 0 ? setpriv : null,
      lacks: "NANO has no right to that, or has none to give",
    },
    { key: "closes_descriptors", what: "has no descriptor that NANO was started with", by: bash, lacks: "bash" },
    { key: "own_files", what: "sees no files but system libraries", by: unshare, lacks: refused },
    { key: "no_network", what: "has no network but NANO's door", by: unshare, lacks: refused },
    { key: "own_processes", what: "sees and signals no other process", by: unshare, lacks: refused },
    {
      key: "own_user",
      what: "has a user of its own",
      by: withoutUsers === null ? setpriv : null,
      lacks: withoutUsers ?? "",
    },
    {
      key: "cgroup",
      what: "with its programs in a cgroup of its own",
      by: "groups" in groups ? `the kernel (${groups.groups.controllers.join(", ") || "its end"})` : null,
      lacks: "lacks" in groups ? groups.lacks : "",
    },
    {
      key: "seccomp",
      what: "fewer system calls",
      by: filtering[0] ?? null,
      lacks: "perl, or the kernel takes no filter: give NANO's unit or container one",
    },
  ];
}

function shown(found: FoundTools) {
  if ("missing" in found) return { available: false, missing: found.missing };
  const full = !Deno.build.standalone;
  return {
    available: true,
    full,
    run: full && found.tools.namespaces !== null,
    ...Object.fromEntries(walls(found.tools).map(({ key, by }) => [key, by !== null])),
  };
}

/** @param hasNamespaces without which no app may start programs */
function fullLines(hasNamespaces: boolean): readonly string[] {
  if (Deno.build.standalone) {
    return ['compat "full"        not available', "  this NANO is compiled: it takes one that Deno runs"];
  }
  const held = hasNamespaces
    ? "  Deno's permissions hold the app, and the walls above hold its programs and native code"
    : '  Deno\'s permissions hold the app, nothing holds native code ("ffi"), and programs ("run") are refused';
  return ['compat "full"        available', held];
}

function lines(found: FoundTools): readonly string[] {
  const worker = [
    'isolation "worker"   available',
    "  one process for all apps; V8 keeps them apart, and one of them can end all of it, which is started again",
  ];
  if ("missing" in found) {
    return [...worker, 'isolation "process"  not available', `  this machine lacks ${found.missing}`];
  }
  const told = walls(found.tools).map(({ what, by, lacks }) =>
    `  ${what.padEnd(50)}${by === null ? `no: ${lacks}` : `yes, by ${by}`}`
  );
  return [...worker, 'isolation "process"  available', ...told, ...fullLines(found.tools.namespaces !== null)];
}
