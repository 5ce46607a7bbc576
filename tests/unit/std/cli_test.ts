/** Holds the stand-in for parseArgs to the documented results of the original. */
import { assertEquals } from "@std/assert";
import { parseArgs } from "@std/cli";

Deno.test("parseArgs() reads flags, values, numbers and positional arguments", () => {
  assertEquals(parseArgs(["--foo", "--bar=baz", "--n", "5", "./quux.txt", "7"]), {
    foo: true,
    bar: "baz",
    n: 5,
    _: ["./quux.txt", 7],
  });
});

Deno.test("parseArgs() keeps texts of string flags and never eats a value for a boolean one", () => {
  const args = parseArgs(["--port", "8080", "--watch", "dir", "--empty", "--last"], {
    string: ["port", "empty", "last", "_"],
    boolean: ["watch", "quiet"],
  });
  assertEquals({ ...args }, { port: "8080", watch: true, quiet: false, empty: "", last: "", _: ["dir"] });
});

Deno.test("parseArgs() reads booleans with values, and negated ones only when they may be", () => {
  assertEquals(
    { ...parseArgs(["--a=false", "--b", "false", "--no-c", "--no-d"], { boolean: ["a", "b", "c"], negatable: ["c"] }) },
    { a: false, b: false, c: false, "no-d": true, _: [] },
  );
});

Deno.test("parseArgs() gives every name of an alias the value", () => {
  const args = parseArgs(["-c", "file.json", "-vq"], {
    string: ["config"],
    boolean: ["verbose", "quiet"],
    alias: { config: "c", verbose: ["v"], quiet: "q" },
  });
  assertEquals({ ...args }, {
    config: "file.json",
    c: "file.json",
    verbose: true,
    v: true,
    quiet: true,
    q: true,
    _: [],
  });
});

Deno.test("parseArgs() collects repeated flags and takes the last of the others", () => {
  const args = parseArgs(["--env", "A=1", "--env=B=2", "--x", "1", "--x", "2"], {
    string: ["env", "none"],
    collect: ["env", "none"],
  });
  assertEquals({ ...args }, { env: ["A=1", "B=2"], none: [], x: 2, _: [] });
});

Deno.test("parseArgs() uses defaults only for what is not given, aliases included", () => {
  const options = { string: ["host", "port"], default: { host: "a", port: "1" }, alias: { port: "p" } } as const;
  assertEquals({ ...parseArgs(["--host", "b"], options) }, { host: "b", port: "1", p: "1", _: [] });
});

Deno.test("parseArgs() stops early and treats what follows -- as asked", () => {
  assertEquals({ ...parseArgs(["a", "--b"], { stopEarly: true }) }, { _: ["a", "--b"] });
  assertEquals({ ...parseArgs(["a", "--", "--b", "1"]) }, { _: ["a", "--b", "1"] });
  assertEquals({ ...parseArgs(["a", "--", "--b", "1"], { "--": true }) }, { _: ["a"], "--": ["--b", "1"] });
});

Deno.test("parseArgs() asks about what nobody declared, and leaves out what is refused", () => {
  const asked: unknown[][] = [];
  const args = parseArgs(["--known", "--odd=1", "extra", "-z"], {
    boolean: ["known"],
    unknown: (...call) => {
      asked.push(call);
      return false;
    },
  });
  assertEquals({ ...args }, { known: true, _: [] });
  assertEquals(asked, [["--odd=1", "odd", "1"], ["extra"], ["-z", "z", true]]);
});

Deno.test("parseArgs() has precise types", () => {
  const args = parseArgs(["--port", "1"], {
    string: ["port", "host", "tag"],
    boolean: ["watch"],
    collect: ["tag"],
    default: { host: "x" },
    "--": true,
  });
  const port: string | undefined = args.port;
  const host: string = args.host;
  const watch: boolean = args.watch;
  const tags: string[] = args.tag;
  const rest: string[] = args["--"];
  assertEquals([port, host, watch, tags, rest], ["1", "x", false, [], []]);
});
