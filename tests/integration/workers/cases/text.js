/** Asked of Workers and of NANO: encodings, URLs, ctx and env. */
// deno-lint-ignore-file -- as people write them, mistakes included
const attempt = (f) => {
  try {
    return f();
  } catch (e) {
    return `${e?.name}`;
  }
};
const u8 = (...l) => new Uint8Array(l);
export default {
  "encodings": () =>
    [
      "utf-8",
      "utf8",
      "UTF-16LE",
      "utf-16be",
      "latin1",
      "iso-8859-1",
      "iso-8859-2",
      "windows-1251",
      "windows-1252",
      "ascii",
      "shift_jis",
      "euc-jp",
      "gbk",
      "gb18030",
      "big5",
      "euc-kr",
      "koi8-r",
      "macintosh",
      "iso-2022-jp",
      "x-user-defined",
      "replacement",
      "nope",
    ].map((l) => [l, attempt(() => new TextDecoder(l).encoding)]),
  "decode latin1": () => new TextDecoder("latin1").decode(u8(0xe9, 0x80)),
  "decode sjis": () => attempt(() => new TextDecoder("shift_jis").decode(u8(0x82, 0xa0))),
  "decode utf16": () => new TextDecoder("utf-16le").decode(u8(0x61, 0, 0x62, 0)),
  "decode fatal": () => attempt(() => new TextDecoder("utf-8", { fatal: true }).decode(u8(0xff))),
  "decode bom": () => [
    new TextDecoder().decode(u8(0xef, 0xbb, 0xbf, 0x61)),
    new TextDecoder("utf-8", { ignoreBOM: true }).decode(u8(0xef, 0xbb, 0xbf, 0x61)).length,
  ],
  "decode stream": () => {
    const d = new TextDecoder();
    return d.decode(u8(0xc3), { stream: true }) + d.decode(u8(0xa9));
  },
  "decode members": () => {
    const d = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
    return [d.encoding, d.fatal, d.ignoreBOM];
  },
  "encode": () => [
    new TextEncoder().encode("é☃"),
    new TextEncoder().encodeInto("é☃", new Uint8Array(4)),
    new TextEncoder().encoding,
    new TextEncoder().encode("\ud800"),
  ],
  "url": () => {
    const u = new URL("https://u:p@example.com:8443/a/b?x=1#h");
    return [
      u.origin,
      u.host,
      u.hostname,
      u.port,
      u.pathname,
      u.search,
      u.hash,
      u.username,
      u.password,
      u.href,
      `${u}`,
      u.toJSON(),
    ];
  },
  "url statics": () => [
    URL.canParse("x:"),
    URL.canParse("/a"),
    URL.canParse("/a", "http://x"),
    URL.parse("nope"),
    URL.parse("/a", "http://x")?.href,
  ],
  "url bad": () => new URL("nope"),
  "url idn": () => new URL("http://bücher.example/ä?ö").href,
  "url set": () => {
    const u = new URL("http://x/");
    u.port = "80";
    u.pathname = "a b";
    u.search = "?q=ü";
    u.hash = "z";
    u.protocol = "https";
    return u.href;
  },
  "url createObjectURL": () => [typeof URL.createObjectURL, typeof URL.revokeObjectURL],
  "params": () => {
    const p = new URLSearchParams("a=1&b=2&a=3");
    p.sort();
    p.append("c", "ü");
    p.delete("a", "1");
    return [`${p}`, p.size, p.has("a", "3"), p.getAll("a"), [...p.keys()]];
  },
  "params inits": () => [
    `${new URLSearchParams({ a: "1" })}`,
    `${new URLSearchParams([["a", "1"]])}`,
    `${new URLSearchParams("?x=+%20")}`,
  ],
  "urlpattern": () => {
    const p = new URLPattern({ pathname: "/books/:id" });
    const m = p.exec("https://x/books/5?q");
    return [
      p.test("https://x/books/5"),
      p.test("https://x/b"),
      m.pathname.groups,
      m.search.input,
      p.pathname,
      p.hasRegExpGroups,
    ];
  },
  "urlpattern string": () => {
    const p = new URLPattern("/a/*", "https://x.com");
    return [p.test("https://x.com/a/b"), p.exec("https://x.com/a/b").pathname.groups, p.hostname];
  },
  "urlpattern regexp": () => new URLPattern({ pathname: "/:id(\\d+)" }).exec({ pathname: "/12" }).pathname.groups,
  "urlpattern ignoreCase": () => new URLPattern({ pathname: "/a" }, { ignoreCase: true }).test({ pathname: "/A" }),
  "urlpattern optional": () => new URLPattern({ pathname: "/a{/:b}?" }).exec({ pathname: "/a" }).pathname.groups,
  "urlpattern bad": () => new URLPattern({ pathname: "/(" }),
  "ctx members": (_r, _e, ctx) =>
    ["waitUntil", "passThroughOnException", "props", "exports", "abort"].map((n) => [n, typeof ctx[n]]),
  "ctx.props": (_r, _e, ctx) => ctx.props,
  "ctx waitUntil": (
    _r,
    _e,
    ctx,
  ) => [
    ctx.waitUntil(Promise.resolve()) ?? "undefined",
    ctx.passThroughOnException() ?? "undefined",
    attempt(() => ctx.waitUntil(5) ?? "fine"),
    attempt(() => ctx.waitUntil() ?? "fine"),
  ],
  "ctx detached": (_r, _e, ctx) =>
    attempt(() => {
      const { waitUntil } = ctx;
      waitUntil(Promise.resolve());
      return "fine";
    }),
  "ctx class": (_r, _e, ctx) => [ctx.constructor.name, Object.prototype.toString.call(ctx)],
  "env": (_r, env) => [env.TEXT, env.NUMBER, env.LIST, env.FLAG, env.OBJECT, Object.keys(env).sort()],
  "env json is one object": (_r, env) => typeof env.OBJECT,
  "env writable": (_r, env) => {
    env.OWN = 1;
    return env.OWN;
  },
  "process.env": () => ["TEXT", "NUMBER", "LIST", "FLAG", "OBJECT", "NODE_ENV"].map((n) => process.env[n] ?? null),
  "process.env keys": () => Object.keys(process.env).sort(),
  "import.meta": () => [typeof import.meta, typeof import.meta.url, typeof import.meta.env],
  "import.meta.url": () => import.meta.url,
  "typeof caches": () => [typeof require, typeof module, typeof exports, typeof __dirname, typeof __filename],
  "error stack": () => {
    try {
      null.x;
    } catch (e) {
      return [e.name, e.message, typeof e.stack];
    }
  },
  "error cause": () => new Error("x", { cause: 5 }).cause,
  "async iterator helpers": async () => [typeof AsyncIterator, [1, 2, 3].values().map((x) => x * 2).toArray()],
  "using": () => {
    let n = 0;
    {
      using x = {
        [Symbol.dispose]() {
          n++;
        },
      };
    }
    return n;
  },
};
