/** Asked of Workers and of NANO: HTMLRewriter. */
// deno-lint-ignore-file -- as people write them, mistakes included
const page = (html, init) => new Response(html, init);
const on = (selector, handlers, html) => new HTMLRewriter().on(selector, handlers).transform(page(html)).text();
const attempt = async (f) => {
  try {
    return await f();
  } catch (e) {
    return `${e?.name}`;
  }
};
export default {
  "attributes": () =>
    on("a", {
      element(e) {
        e.setAttribute("x", '1 & "2"');
        e.removeAttribute("y");
      },
    }, `<a y=1 z='q'>t</a>`),
  "attributes listed": async () => {
    let got;
    await on("a", {
      element(e) {
        got = [[...e.attributes], e.tagName, e.namespaceURI, e.removed, e.getAttribute("none"), e.hasAttribute("B")];
      },
    }, `<A b="1" C=2 d>t</A>`);
    return got;
  },
  "insertions": () =>
    on("p", {
      element(e) {
        e.before("<b>").after("<c>", { html: true }).prepend("1").append("2");
      },
    }, "<p>x</p>"),
  "replace": () =>
    on("p", {
      element(e) {
        e.replace("<i>", { html: true });
      },
    }, "<p>x</p>y"),
  "setInnerContent": () =>
    on("p", {
      element(e) {
        e.setInnerContent("<i>");
      },
    }, "<p>x</p>y"),
  "remove": () =>
    on("p", {
      element(e) {
        e.remove();
      },
    }, "<p>x</p>y"),
  "removeAndKeepContent": () =>
    on("p", {
      element(e) {
        e.removeAndKeepContent();
      },
    }, "<p>x</p>y"),
  "tagName set": () =>
    on("p", {
      element(e) {
        e.tagName = "h1";
      },
    }, "<p>x</p>"),
  "onEndTag": () =>
    on("p", {
      element(e) {
        e.onEndTag((t) => {
          t.before("!");
          t.after("?");
        });
      },
    }, "<p>x</p>"),
  "onEndTag name": () =>
    on("p", {
      element(e) {
        e.onEndTag((t) => {
          t.name = "h2";
        });
      },
    }, "<p>x</p>"),
  "onEndTag remove": () =>
    on("p", {
      element(e) {
        e.onEndTag((t) => {
          t.remove();
        });
      },
    }, "<p>x</p>"),
  "text": async () => {
    const got = [];
    await on("p", {
      text(t) {
        got.push([t.text, t.lastInTextNode, t.removed]);
      },
    }, "<p>a&amp;b</p>");
    return got;
  },
  "text replaced": () =>
    on("p", {
      text(t) {
        if (t.text) t.replace("<z>", { html: true });
      },
    }, "<p>abc</p>"),
  "text before after": () =>
    on("p", {
      text(t) {
        if (t.text) t.before("(").after(")");
      },
    }, "<p>abc</p>"),
  "comments": () =>
    on("p", {
      comments(c) {
        c.text = c.text + "!";
      },
    }, "<p><!--c--></p>"),
  "comment removed": () =>
    on("p", {
      comments(c) {
        c.remove();
      },
    }, "<p><!--c-->x</p>"),
  "doctype": async () => {
    let got;
    const r = new HTMLRewriter().onDocument({
      doctype(d) {
        got = [d.name, d.publicId, d.systemId];
      },
    });
    await r.transform(page("<!doctype html><p>x")).text();
    return got;
  },
  "document end": () =>
    new HTMLRewriter().onDocument({
      end(e) {
        e.append("<end>", { html: true });
      },
    }).transform(page("<p>x</p>")).text(),
  "document text": async () => {
    let s = "";
    await new HTMLRewriter().onDocument({
      text(t) {
        s += t.text;
      },
    }).transform(page("a<p>b</p>c")).text();
    return s;
  },
  "selectors": async () => {
    const out = [];
    for (
      const q of [
        "*",
        "p.a",
        "#i",
        "[x]",
        '[x="1"]',
        "[x^='1']",
        "[x$='1']",
        "[x*='1']",
        "[x~='1']",
        "[x|='1']",
        "div p",
        "div > p",
        "p:not(.a)",
        "p:nth-child(2)",
        "p:first-child",
        "p:nth-of-type(2)",
        "p:first-of-type",
        "p, i",
      ]
    ) {
      out.push([
        q,
        await attempt(async () => {
          let n = 0;
          await on(q, {
            element() {
              n++;
            },
          }, `<div><p class=a id=i x=1>1</p><p>2</p></div><p x="1-2">3</p>`);
          return n;
        }),
      ]);
    }
    return out;
  },
  "selector bad": async () => await attempt(() => on("p::before", { element() {} }, "<p>")),
  "async handler": () =>
    on("p", {
      async element(e) {
        await scheduler.wait(1);
        e.setInnerContent("later");
      },
    }, "<p>x</p>"),
  "handler throws": async () =>
    await attempt(() =>
      on("p", {
        element() {
          throw new RangeError("x");
        },
      }, "<p>x</p>")
    ),
  "handler rejects": async () =>
    await attempt(() =>
      on("p", {
        async element() {
          throw new RangeError("x");
        },
      }, "<p>x</p>")
    ),
  "class handler": () => {
    class H {
      constructor(n) {
        this.n = n;
      }
      element(e) {
        e.setAttribute("n", this.n);
      }
    }
    return on("p", new H("5"), "<p>x</p>");
  },
  "used after": async () => {
    let kept;
    await on("p", {
      element(e) {
        kept = e;
      },
    }, "<p>x</p>");
    return await attempt(() => kept.tagName);
  },
  "two handlers": () =>
    new HTMLRewriter().on("p", {
      element(e) {
        e.append("1");
      },
    }).on("p", {
      element(e) {
        e.append("2");
      },
    }).transform(page("<p></p>")).text(),
  "transform keeps headers": () =>
    new HTMLRewriter().on("p", {
      element(e) {
        e.append("x");
      },
    }).transform(
      page("<p></p>", { status: 201, headers: { "x-own": "1", "content-type": "text/html", "content-length": "7" } }),
    ),
  "content stream": async () =>
    await attempt(() =>
      on("p", {
        element(e) {
          e.append(new Response("<s>").body, { html: true });
        },
      }, "<p></p>")
    ),
  "content response": async () =>
    await attempt(() =>
      on("p", {
        element(e) {
          e.setInnerContent(new Response("<s>in</s>"), { html: true });
        },
      }, "<p></p>")
    ),
  "content replace stream": async () =>
    await attempt(() =>
      on("p", {
        element(e) {
          e.replace(new Response("<s>").body);
        },
      }, "<p></p>")
    ),
  "transform null":
    async () => (await new HTMLRewriter().on("p", { element() {} }).transform(new Response(null)).text()),
  "no handlers": async () => await new HTMLRewriter().transform(page("<p>x</p>")).text(),
  "script text": async () => {
    let s = "";
    await on("script", {
      text(t) {
        s += t.text;
      },
    }, "<script>if (a < b) {}</script>");
    return s;
  },
  "void element": () =>
    on("img", {
      element(e) {
        e.after("x");
        e.setAttribute("a", "");
      },
    }, "<img src=a>"),
  "self closing": () =>
    on("br", {
      element(e) {
        e.before("x");
      },
    }, "a<br/>b"),
  "utf8": () =>
    on("p", {
      element(e) {
        e.append("é☃");
      },
    }, "<p>ü</p>"),
  "latin1 charset": async () =>
    await attempt(() =>
      new HTMLRewriter().on("p", {
        element(e) {
          e.append("é");
        },
      }).transform(
        new Response(new Uint8Array([60, 112, 62, 0xe9, 60, 47, 112, 62]), {
          headers: { "content-type": "text/html; charset=iso-8859-1" },
        }),
      ).arrayBuffer()
    ),
  "string": () => {
    const t = new HTMLRewriter();
    return [t instanceof HTMLRewriter, typeof t.transform, t.on("p", {}) === t];
  },
  "selfClosing canHaveContent": async () => {
    let got;
    await on("img", {
      element(e) {
        got = [e.selfClosing ?? null, e.canHaveContent ?? null];
      },
    }, "<img/>");
    return got;
  },
};
