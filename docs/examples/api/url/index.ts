// Takes a URL apart, changes its query, and matches a path by pattern.

const product = new URLPattern({ pathname: "/products/:id(\\d+)" });

export default {
  fetch(): Response {
    const url = new URL(
      "../search?q=nano&page=1#top",
      "https://shop.example.com:8443/products/7",
    );
    url.searchParams.set("page", "2");
    url.searchParams.append("q", "isolate");
    return Response.json({
      href: url.href,
      host: url.host,
      queries: url.searchParams.getAll("q"),
      id: product.exec({ pathname: "/products/7" })?.pathname.groups.id ?? null,
      parses: URL.canParse("https://[broken"),
    });
  },
};
