/** HTMLRewriter as Workers have it: handlers of every kind, streams, errors, and nothing of it where it is not named. */
import { assert, assertEquals } from "@std/assert";
import { NanoProcess } from "../../support/nano_process.ts";
import { TempProject } from "../../support/temp_project.ts";

const APP = `
const page = (body) => new Response(body, { status: 203, headers: { "content-type": "text/html", "content-length": "999", "x-own": "1" } });
class Links {
  prefix = "https:";
  element(element) { element.setAttribute("href", this.prefix + element.getAttribute("href")); }
}
const CASES = {
  plain: () => new HTMLRewriter().on("a[href]", new Links()).transform(page('<p><a href="//x" class=y>é</a></p>')),
  element: () => new HTMLRewriter().on("div", { element(element) {
    const before = [element.tagName, element.getAttribute("id"), element.hasAttribute("nope"), [...element.attributes].join(";"), element.namespaceURI];
    element.tagName = "section";
    element.removeAttribute("id").before("<b>", { html: true }).after("</b>", { html: true }).prepend("<1>").append("[2]");
    element.onEndTag((end) => { end.before("(" + end.name + ")"); });
    element.setAttribute("told", before.join("|"));
  } }).transform(page('<div id="a" x="1">in</div>')),
  removed: () => new HTMLRewriter().on("i", { element: (e) => { e.removeAndKeepContent(); } }).on("u", { element: (e) => { e.remove(); } })
    .on("s", { element: (e) => { e.replace("gone"); } }).on("b", { element: (e) => { e.setInnerContent("<in>", { html: true }); } })
    .transform(page("<i>kept</i><u>lost</u><s>x</s><b>y</b>")),
  text: () => { let text = ""; return new HTMLRewriter().on("p", { text(chunk) {
    text += chunk.text;
    if (chunk.lastInTextNode) chunk.replace(text.toUpperCase()); else chunk.remove();
  }, comments(comment) { comment.text = "was " + comment.text; } }).transform(page("<p>words<!--note--></p>")); },
  document: () => new HTMLRewriter().onDocument({
    doctype(doctype) { this.name = doctype.name; }, comments(comment) { comment.remove(); },
    end(end) { end.append("<!-- " + this.name + " -->", { html: true }); },
  }).transform(page("<!DOCTYPE html><!-- a --><p>b</p>")),
  later: () => new HTMLRewriter().on("p", { async element(element) {
    await new Promise((resolve) => setTimeout(resolve, 5 * Math.random()));
    element.setInnerContent(element.getAttribute("n"));
  } }).transform(page(Array.from({ length: 20 }, (_, n) => '<p n="' + n + '">x</p>').join(""))),
  async many() {
    const all = await Promise.all(Array.from({ length: 30 }, async () => await CASES.later().text()));
    return Response.json([...new Set(all)]);
  },
  throws: () => new HTMLRewriter().on("p", { element() { throw new RangeError("on purpose"); } }).transform(page("<p></p>")),
  rejects: () => new HTMLRewriter().on("p", { async element() { await null; throw new RangeError("later"); } }).transform(page("<p></p>")),
  selector: () => {
    try {
      return new HTMLRewriter().on("p[", { element() {} }).transform(page("<p></p>"));
    } catch (error) {
      return new Response(String(error));
    }
  },
  inserted: () => new HTMLRewriter().on("p", { element: (e) => { e.append(5).append(null).append({ toString: () => "<t>" }); } }).transform(page("<p></p>")),
  inserts: () => new HTMLRewriter().on("p", { element: (e) => {
    e.before("1").before(new Response("<2>").body).before("3").setInnerContent(new Response("<b>4</b>"), { html: true });
    e.onEndTag((end) => { end.after(new Response("5").body).after("6"); });
  }, async text(chunk) { await null; if (chunk.text) chunk.replace(new Response("lost").body); } }).transform(page("<p>x</p>")),
  empty: () => new HTMLRewriter().on("p", { element() {} }).transform(new Response(null, { status: 204, headers: { "x-own": "1" } })),
  stream() {
    let left = 100;
    const source = new ReadableStream({ pull(controller) {
      if (left-- > 0) controller.enqueue(new TextEncoder().encode("<p>" + "x".repeat(100_000) + "</p>")); else controller.close();
    } });
    return new HTMLRewriter().on("p", { element: (e) => { e.setAttribute("a", "b"); } }).transform(page(source));
  },
  async chained() {
    const one = new HTMLRewriter().on("p", { element: (e) => { e.append("1"); } });
    const two = new HTMLRewriter().on("p", { element: (e) => { e.append("2"); } });
    return two.transform(one.transform(page("<p>0</p>")));
  },
  misuse() {
    const told = [];
    for (const attempt of [() => new HTMLRewriter().transform("x"), () => new HTMLRewriter().on("p", null), () => new HTMLRewriter().on("p", { element: 1 }), () => HTMLRewriter()]) {
      try { attempt(); told.push("fine"); } catch (error) { told.push(error.name); }
    }
    return Response.json([told, Object.prototype.toString.call(new HTMLRewriter()), HTMLRewriter.name]);
  },
};
export default {
  async fetch(request) {
    const response = await CASES[new URL(request.url).pathname.slice(1)]();
    if (!/throws|rejects/.test(request.url)) return response;
    try { return new Response(await response.text()); } catch (error) { return new Response(error.name + ": " + error.message); }
  },
};`;

Deno.test("HTMLRewriter does what Workers' does, and an app that does not name it has none", async (t) => {
  await using project = await TempProject.create({
    one: { files: { "index.js": APP } },
    web: { files: { "index.js": APP }, config: { node_compat: false, streams: "polyfill" } },
    other: {
      files: {
        "index.js":
          `export default () => Response.json(Object.getOwnPropertyNames(globalThis).filter((name) => name.startsWith("HTML")));`,
      },
    },
  });
  await using nano = await NanoProcess.start(project.configFile);
  const text = async (path: string, app = "one") => await (await nano.fetch(app, `/${path}`)).text();
  await t.step("attributes, with the response's head", async () => {
    const response = await nano.fetch("one", "/plain");
    assertEquals([response.status, response.headers.get("x-own"), response.headers.get("content-length")], [
      203,
      "1",
      "41",
    ]);
    assertEquals(await response.text(), '<p><a href="https://x" class=y>é</a></p>');
    assertEquals(await text("plain", "web"), '<p><a href="https://x" class=y>é</a></p>');
  });
  await t.step("elements, text, comments and the document", async () => {
    assertEquals(
      await text("element"),
      '<b><section x="1" told="div|a|false|id,a;x,1|http://www.w3.org/1999/xhtml">&lt;1&gt;in[2](section)</section></b>',
    );
    assertEquals(await text("removed"), "keptgone<b><in></b>");
    assertEquals(await text("text"), "<p>WORDS<!--was note--></p>");
    assertEquals(await text("document"), "<!DOCTYPE html><p>b</p><!-- html -->");
    assertEquals(await text("chained"), "<p>012</p>");
  });
  await t.step("streams and Responses are inserted in their place, and so is what comes behind them", async () => {
    assertEquals(await text("inserts"), "1&lt;2&gt;3<p><b>4</b></p>65");
  });
  await t.step("asynchronous handlers, many documents at once", async () => {
    const page = Array.from({ length: 20 }, (_, n) => `<p n="${n}">${n}</p>`).join("");
    assertEquals(await text("later"), page);
    assertEquals(JSON.parse(await text("many")), [page]);
  });
  await t.step("failures are the stream's, and the next document is none the wiser", async () => {
    assertEquals(await text("throws"), "RangeError: on purpose");
    assertEquals(await text("rejects"), "RangeError: later");
    assertEquals(await text("selector"), "TypeError: Parser error: Unexpected end of selector.");
    assertEquals(await text("inserted"), "<p>5null&lt;t&gt;</p>");
    assertEquals(await text("chained"), "<p>012</p>");
  });
  await t.step("bodies of any length, and none", async () => {
    const empty = await nano.fetch("one", "/empty");
    assertEquals([empty.status, empty.headers.get("x-own"), await empty.text()], [204, "1", ""]);
    const long = await text("stream");
    assertEquals(long.length, 100 * (100_000 + '<p a="b"></p>'.length));
    assert(long.startsWith('<p a="b">xxx') && long.endsWith("x</p>"));
  });
  await t.step("misuse", async () => {
    assertEquals(JSON.parse(await text("misuse")), [
      ["TypeError", "TypeError", "TypeError", "TypeError"],
      "[object HTMLRewriter]",
      "HTMLRewriter",
    ]);
    assertEquals(await text("", "other"), "[]");
  });
});
