/** The docs site: Starlight over the pages that scripts/ composes. */
import starlight from "@astrojs/starlight";
import { defineConfig } from "astro/config";
import starlightLinksValidator from "starlight-links-validator";
import { SIDEBAR } from "./sidebar.mjs";

/** Where the site will be reached; needed for absolute links only: sitemap.xml and canonical addresses. */
const site = process.env.NANO_DOCS_URL;
/** The path of its host below which it will lie, such as /nano; the root unless given. docs/scripts/ writes the links. */
const base = process.env.NANO_DOCS_BASE;
// Starlight brings a sitemap along unless there is one; without an address it could only warn.
const noSitemap = { name: "@astrojs/sitemap", hooks: {} };

export default defineConfig({
  ...(site ? { site } : {}),
  ...(base ? { base } : {}),
  outDir: "../dist",
  trailingSlash: "always",
  integrations: [
    ...(site ? [] : [noSitemap]),
    starlight({
      title: "NANO",
      description:
        "Many JavaScript and TypeScript apps in one process, each in a V8 isolate of its own.",
      favicon: "/favicon.svg",
      logo: { src: "./src/assets/logo.svg" },
      // src/pages/404.astro takes its place.
      disable404Route: true,
      customCss: ["./src/styles/site.css"],
      sidebar: SIDEBAR,
      // A terminal's frame around one line is more frame than line; what is too wide wraps, as phones cannot hover.
      expressiveCode: {
        defaultProps: { wrap: true, overridesByLang: { sh: { frame: "none" }, text: { frame: "code" } } },
      },
      plugins: [starlightLinksValidator()],
    }),
  ],
});
