/** Which paths of a URL may name a file at all. */
import { assertEquals } from "@std/assert";
import { assetPath, targetParts } from "../../../runtime/http/asset_path.ts";

Deno.test("A path names files below the folder, decoded once", () => {
  const cases: [string, string[], boolean][] = [
    ["/", [], true],
    ["/a.txt", ["a.txt"], false],
    ["/docs/", ["docs"], true],
    ["/a%20b/%C3%A9.txt", ["a b", "é.txt"], false],
    // Encoded twice: a name with percent signs, which leads nowhere.
    ["/%252e%252e/x", ["%2e%2e", "x"], false],
    ["/.well-known/security.txt", [".well-known", "security.txt"], false],
    ["/a:b", ["a:b"], false],
  ];
  for (const [path, names, isFolder] of cases) assertEquals(assetPath(path), { names, isFolder }, path);
});

Deno.test("A path that leads upward, hides something or is no text names nothing", () => {
  const paths = [
    ...["/..", "/../x", "/a/../x", "/%2e%2e/x", "/.%2e/x", "/%2E%2E%2Fx", "/a/..", "/./x", "/..%2fx"],
    ...["/..\\x", "/a%5c..%5cx", "/%5c", "/a%2fb", "//x", "/a//b", "/a///"],
    ...["/a%00.txt", "/a\u0000", "/a%0a", "/%7f", "/%ff", "/%", "/%zz", "/%c0%ae%c0%ae/x", "/%e0%80%ae/x"],
    ...[
      "/.env",
      "/.git/config",
      "/a/.htaccess",
      "/%2eenv",
      "/a/.well-known/x",
      "/.well-known/.env",
      "/.well-knownx",
      "/..a",
    ],
    ...["", "x", `/${"a".repeat(256)}`, `/${"é".repeat(128)}`, `/${"a/".repeat(3000)}`],
  ];
  for (const path of paths) assertEquals(assetPath(path), null, path.slice(0, 40));
});

Deno.test("The target of a URL is taken as the client wrote it", () => {
  const cases: [string, string, string][] = [
    ["http://h/a/../b?x=/..#f", "/a/../b", "?x=/.."],
    ["http://h", "/", ""],
    ["http://h?q", "/", "?q"],
    ["https://h:8443/%2e%2e/", "/%2e%2e/", ""],
    ["http://h/?a?b", "/", "?a?b"],
  ];
  for (const [url, path, query] of cases) assertEquals(targetParts(url), { path, query }, url);
});
