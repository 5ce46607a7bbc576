import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { RawConnection } from "../../support/raw_http.ts";
import { FrameworkNano, STREAM_MODES, WHOLE_SYSTEM } from "./framework_nano.ts";

const PREACT = `/** @jsxImportSource preact */
import { createContext } from "preact";
import { Suspense, lazy } from "preact/compat";
import { useContext, useState } from "preact/hooks";
import { renderToString, renderToStringAsync } from "preact-render-to-string";
import { renderToReadableStream } from "preact-render-to-string/stream";
const Name = createContext("nobody");
const Greeting = () => {
  const [count] = useState(3);
  return <p class="greeting" data-count={count}>Hello <b>{useContext(Name)}</b></p>;
};
function page() {
  const Lazy = lazy(async () => {
    await new Promise((resolve) => setTimeout(resolve, 5));
    return { default: () => <i>arrived</i> };
  });
  return <main><Suspense fallback={<i>waiting</i>}><Lazy /></Suspense></main>;
}
export default async (request: Request) => {
  const { pathname, searchParams } = new URL(request.url);
  const html = { headers: { "content-type": "text/html; charset=utf-8" } };
  if (pathname === "/async") return new Response(await renderToStringAsync(page()), html);
  if (pathname === "/stream") return new Response(renderToReadableStream(page()), html);
  const name = searchParams.get("name") ?? "";
  return new Response(renderToString(<Name.Provider value={name}><Greeting /></Name.Provider>), html);
};
`;

const react = (server: string) =>
  `/** @jsxImportSource react */
import { Suspense, use, useId } from "react";
import { renderToReadableStream, renderToString } from ${JSON.stringify(server)};
const Late = ({ wait }: { wait: Promise<string> }) => <i id={useId()}>{use(wait)}</i>;
function Page({ wait }: { wait: Promise<string> }) {
  return (
    <html>
      <body><h1>Shell</h1><Suspense fallback={<i>waiting</i>}><Late wait={wait} /></Suspense></body>
    </html>
  );
}
let release = () => {};
export default {
  async fetch(request: Request) {
    const { pathname } = new URL(request.url);
    const headers = { "content-type": "text/html; charset=utf-8" };
    if (pathname === "/release") {
      release();
      return new Response("released");
    }
    if (pathname === "/string") return new Response(renderToString(<p>{"<Ada>"}</p>), { headers });
    const wait = pathname === "/never"
      ? new Promise<string>(() => {})
      : new Promise<string>((resolve) => release = () => resolve("arrived"));
    const stream = await renderToReadableStream(<Page wait={wait} />, {
      signal: request.signal,
      onError: (error) => console.log("render failed: " + error + " at " + pathname),
    });
    if (pathname === "/all") {
      release();
      await stream.allReady;
    }
    return new Response(stream, { headers });
  },
};
`;

const ROUTER = `import { createElement as h } from "react";
import { renderToString } from "react-dom/server";
import {
  createStaticHandler, createStaticRouter, data, Link, Outlet, redirect, StaticRouterProvider, useLoaderData,
} from "react-router";
const Layout = () => h("main", null, h(Link, { to: "/items/8" }, "next"), h(Outlet));
const Item = () => h("p", null, "Item " + (useLoaderData() as { id: string }).id);
const routes = [{
  path: "/",
  Component: Layout,
  children: [
    { index: true, loader: () => redirect("/items/1") },
    {
      path: "items/:id",
      Component: Item,
      loader: ({ params, request }) => {
        if (params.id === "0") throw data("no such item", { status: 404 });
        return { id: params.id, method: request.method };
      },
      action: async ({ request }) => Response.json({ made: Object.fromEntries(await request.formData()) }, { status: 201 }),
      ErrorBoundary: () => h("p", null, "Nothing here"),
    },
  ],
}];
const handler = createStaticHandler(routes);
export default {
  async fetch(request: Request) {
    if (request.method === "POST" || new URL(request.url).searchParams.has("data")) {
      const result = await handler.queryRoute(request);
      return result instanceof Response ? result : Response.json(result);
    }
    const context = await handler.query(request);
    if (context instanceof Response) return context;
    const router = createStaticRouter(handler.dataRoutes, context);
    const html = renderToString(h(StaticRouterProvider, { router, context, hydrate: false }));
    return new Response(html, { status: context.statusCode, headers: { "content-type": "text/html" } });
  },
};
`;

/** The apps that render the same page by several entries of react-dom; what "react-dom/server" is, the bundler decides. */
const REACTS = ["react", "react-edge", "react-browser"];

Deno.test({
  name: "Preact, React and React Router render to strings and streams in both stream modes",
  ...WHOLE_SYSTEM,
  async fn(t) {
    await using nano = await FrameworkNano.start({
      packages: {
        preact: "11.2.0",
        "preact-render-to-string": "6.8.2",
        react: "19.3.1",
        "react-dom": "19.3.1",
        "react-router": "8.5.1",
      },
      apps: {
        preact: { entry: "preact.tsx", source: PREACT },
        react: { entry: "react.tsx", source: react("react-dom/server") },
        "react-edge": { entry: "react_edge.tsx", source: react("react-dom/server.edge") },
        "react-browser": { entry: "react_browser.tsx", source: react("react-dom/server.browser") },
        router: { entry: "router.ts", source: ROUTER },
      },
    });
    for (const mode of STREAM_MODES) {
      await t.step(`${mode}: Preact renders with hooks, context, Suspense and as a stream`, async () => {
        const at = (path: string) => nano.url("preact", mode, path);
        assertEquals(
          await nano.text(at("/?name=%3CAda%3E")),
          '<p data-count="3" class="greeting">Hello <b>&lt;Ada></b></p>',
        );
        assertStringIncludes(await nano.text(at("/async")), "<i>arrived</i>");
        const streamed = await nano.text(at("/stream"));
        assertStringIncludes(streamed, "<i>waiting</i>");
        assertStringIncludes(streamed, "<i>arrived</i>");
      });

      for (const app of REACTS) {
        const at = (path: string) => nano.url(app, mode, path);

        await t.step(`${mode}: ${app} sends the shell before what it waits for`, async () => {
          const { host } = at("/");
          using connection = await RawConnection.open(at("/"));
          await connection.request("GET", "/", [["Host", host], ["Connection", "close"]]);
          assertEquals((await connection.readHead()).status, 200);
          const shell = await readUntil(connection, "<i>waiting</i>");
          assert(!shell.includes("arrived"), shell);
          await nano.text(at("/release"));
          const rest = await readUntil(connection, "arrived");
          assertMatch(rest, /<i id="[^"]+">arrived/);
        });

        await t.step(`${mode}: ${app} renders whole pages and strings`, async () => {
          assertMatch(await nano.text(at("/all")), /<h1>Shell<\/h1>.*<i id="[^"]+">arrived<\/i>/s);
          assertEquals(await nano.text(at("/string")), "<p>&lt;Ada&gt;</p>");
        });

        await t.step(`${mode}: ${app} stops rendering when the client goes away`, async () => {
          {
            using connection = await RawConnection.open(at("/"));
            await connection.request("GET", "/never", [["Host", at("/").host]]);
            await connection.readHead();
            await readUntil(connection, "<i>waiting</i>");
          }
          await nano.logged(app, mode, "render failed: ");
        });
      }

      await t.step(`${mode}: React Router loads, redirects, acts and renders errors`, async () => {
        const at = (path: string) => nano.url("router", mode, path);
        const page = await nano.text(at("/items/7"));
        assertStringIncludes(page, "<p>Item 7</p>");
        assertStringIncludes(page, 'href="/items/8"');
        assertEquals(await nano.json(at("/items/7?data")), { id: "7", method: "GET" });
        const redirected = await fetch(at("/"), { redirect: "manual" });
        await redirected.body?.cancel();
        assertEquals([redirected.status, redirected.headers.get("location")], [302, "/items/1"]);
        assertStringIncludes(await nano.text(at("/items/0"), { expect: 404 }), "Nothing here");
        const made = { method: "POST", body: new URLSearchParams({ title: "x" }), expect: 201 };
        assertEquals(await nano.json(at("/items/9"), made), { made: { title: "x" } });
      });
    }
  },
});

async function readUntil(connection: RawConnection, end: string): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  while (!text.includes(end)) {
    const part = await connection.readSome(65_536);
    if (part === null) throw new Error(`The answer ended before "${end}": ${text}`);
    text += decoder.decode(part, { stream: true });
  }
  return text;
}
