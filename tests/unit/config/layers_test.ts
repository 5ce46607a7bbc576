/** What the admin API keeps, laid over the document of nano.json: the whole of the rule, as a pure function. */
import { assertEquals, assertNotEquals } from "@std/assert";
import { type AppLayer, applyLayers, entryFingerprint, versionAppName } from "../../../runtime/config/layers.ts";

/** A layer with nothing but these. */
function layer(name: string, changes: Partial<AppLayer> = {}): AppLayer {
  return { name, entry: null, patch: null, hides: null, folder: null, versions: [], rollout: null, ...changes };
}

/** The document with its layers; relative paths start at /srv. */
function laid(apps: readonly unknown[], ...layers: readonly AppLayer[]) {
  const { document, report } = applyLayers({ port: 1, apps }, layers, "/srv");
  return { apps: (document as { apps: readonly unknown[] }).apps, report, document };
}

const BLOG = { name: "blog", path: "./blog", env: { A: "1", B: "2" } };

Deno.test("Without layers a document is as it was", () => {
  const { document, report } = laid([BLOG]);
  assertEquals(document, { port: 1, apps: [BLOG] });
  assertEquals([report.setAside, report.hidden, report.rollouts], [[], [], {}]);
  assertEquals(report.sources, {
    blog: { from: "file", entry: BLOG, hasPath: true },
  });
});

Deno.test("A document that is none stays as it is, so that its mistakes are told as ever", () => {
  const added = layer("shop", { entry: { name: "shop", path: "x" } });
  for (const document of [null, 1, "x", [], { apps: 1 }, { apps: {} }]) {
    assertEquals(applyLayers(document, [added], "/srv").document, document);
  }
  assertEquals(applyLayers({}, [added], "/srv").document, { apps: [added.entry] });
  for (const entry of [null, 1, "x", { name: 1 }, {}]) assertEquals(laid([entry]).apps, [entry]);
});

Deno.test("Added apps follow those of nano.json, the oldest change first", () => {
  const [one, two] = [{ name: "one", path: "x" }, { name: "two" }];
  const { apps, report } = laid([BLOG], layer("two", { entry: two, folder: "/v/two" }), layer("one", { entry: one }));
  assertEquals(apps, [BLOG, { name: "two", path: "/v/two" }, one]);
  assertEquals(report.sources["one"], { from: "api", hasPath: true });
  assertEquals(report.sources["two"], { from: "api", hasPath: false });
});

Deno.test("nano.json wins where both name an app, and says so", () => {
  const { apps, report } = laid([BLOG], layer("blog", { entry: { name: "blog", path: "other" } }));
  assertEquals(apps, [BLOG]);
  assertEquals(report.setAside, [
    { app: "blog", reasons: ["nano.json names an app of this name, and nano.json wins"] },
  ]);
});

Deno.test("A patch replaces keys of nano.json's entry, and takes keys away", () => {
  const { apps } = laid([BLOG], layer("blog", { patch: { env: { A: null, C: "3" }, port: 1 } }));
  assertEquals(apps, [{ ...BLOG, env: { B: "2", C: "3" }, port: 1 }]);
  assertEquals(BLOG.env, { A: "1", B: "2" });
});

Deno.test("What is kept of an app that nano.json no longer names is set aside", () => {
  const { apps, report } = laid(
    [],
    layer("blog", { patch: { port: 1 } }),
    layer("shop", { folder: "/v/shop" }),
    layer("gone", { hides: "x" }),
  );
  assertEquals(apps, []);
  assertEquals(report.setAside.map(({ app }) => app), ["blog", "shop"]);
});

Deno.test("An entry is hidden while it is the one that was removed, whatever the order of its keys", () => {
  const hides = entryFingerprint(BLOG);
  assertEquals(entryFingerprint({ env: { B: "2", A: "1" }, path: "./blog", name: "blog" }), hides);
  const hidden = laid([{ path: "./blog", env: BLOG.env, name: "blog" }], layer("blog", { hides }));
  assertEquals([hidden.apps, hidden.report.hidden, hidden.report.setAside], [[], ["blog"], []]);
  assertNotEquals(entryFingerprint({ ...BLOG, port: 1 }), hides);
  const edited = laid([{ ...BLOG, port: 1 }], layer("blog", { hides }));
  assertEquals([edited.apps, edited.report.hidden], [[{ ...BLOG, port: 1 }], []]);
  // Another app may have taken the name meanwhile, until the entry is edited.
  const entry = { name: "blog", path: "other" };
  assertEquals(laid([BLOG], layer("blog", { hides, entry })).apps, [entry]);
  assertEquals(laid([{ ...BLOG, port: 1 }], layer("blog", { hides, entry })).apps, [{ ...BLOG, port: 1 }]);
});

Deno.test("Lists keep their order in a fingerprint", () => {
  assertNotEquals(entryFingerprint({ hostname: ["a", "b"] }), entryFingerprint({ hostname: ["b", "a"] }));
  assertEquals(entryFingerprint(undefined).length, 16);
});

Deno.test("A version takes the place of the path; a folder of assets inside the path moves along", () => {
  const moved = (path: unknown, assets: unknown) => {
    const entry = { name: "a", ...path === undefined ? {} : { path }, assets };
    const [app] = laid([], layer("a", { entry, folder: "/v/a/v1" })).apps as { path: string; assets: unknown }[];
    assertEquals(app!.path, "/v/a/v1");
    return app!.assets;
  };
  assertEquals(moved("./a", "./a/public"), "/v/a/v1/public");
  assertEquals(moved("./a", "a"), "/v/a/v1");
  assertEquals(moved("./a/", "/srv/a/x/y"), "/v/a/v1/x/y");
  assertEquals(moved("./a", "./a-public"), "./a-public");
  assertEquals(moved("./a", "./other"), "./other");
  assertEquals(moved("./a", "/elsewhere"), "/elsewhere");
  assertEquals(moved("./a", "./a/..pages"), "/v/a/v1/..pages");
  // The folder of an entry file.
  assertEquals(moved("./a/main.ts", "./a/public"), "/v/a/v1/public");
  assertEquals(moved("./a.d", "./a.d/public"), "/v/a/v1/public");
  // An app that was made by its first deploy never had a path.
  assertEquals(moved(undefined, "public"), "/v/a/v1/public");
  assertEquals(moved(undefined, "/elsewhere"), "/elsewhere");
  assertEquals(moved("./a", { path: "./a/public", single_page: true }), { path: "/v/a/v1/public", single_page: true });
  // Wrong values stay for the schema to tell.
  assertEquals(moved("./a", 7), 7);
  assertEquals(moved("./a", { path: 7 }), { path: 7 });
});

Deno.test("A version beside the one that serves is an app of its own, without port and crons", () => {
  const entry = { ...BLOG, port: 8001, crons: [{ schedule: "* * * * *" }], hostname: "blog.example", memory_mb: 64 };
  const versions = [
    { version: "v3", folder: "/v/blog/v3", hostname: null },
    { version: "v2", folder: "/v/blog/v2", hostname: "v2--blog.example" },
  ];
  const { apps, report } = laid(
    [entry],
    layer("blog", {
      patch: { env: { A: "patched" } },
      folder: "/v/blog/v1",
      versions,
      rollout: { version: "v3", percent: 5 },
    }),
  );
  const env = { A: "patched", B: "2" };
  // Empty lists, as a wrangler file in the version's folder would fill what is left out.
  const beside = { env, memory_mb: 64, idle_timeout_ms: 60_000, crons: [], queues: { consumers: [] } };
  assertEquals(apps, [
    { ...entry, env, path: "/v/blog/v1" },
    { ...beside, name: "v3--blog", path: "/v/blog/v3", hostname: "v3--blog" },
    { ...beside, name: "v2--blog", path: "/v/blog/v2", hostname: "v2--blog.example" },
  ]);
  assertEquals(report.rollouts, { blog: { app: "v3--blog", percent: 5 } });
  assertEquals(report.sources["v2--blog"], { from: "version", app: "blog" });
  assertEquals(versionAppName("blog", "v3"), "v3--blog");
  const own = laid([{ ...entry, idle_timeout_ms: 5 }], layer("blog", { versions })).apps as {
    idle_timeout_ms: number;
  }[];
  assertEquals(own.map((app) => app.idle_timeout_ms), [5, 5, 5]);
});
