/** Holds the public listener with a certificate: HTTPS, HTTP/2, routing, and what the app sees of it. */
import { assert, assertEquals } from "@std/assert";
import { NanoProcess } from "../../support/nano_process.ts";
import { ConnectionClosed, RawConnection, rawRequest } from "../../support/raw_http.ts";
import { TempProject } from "../../support/temp_project.ts";

const APP = `export default {
  async fetch(request, env) {
    if (new URL(request.url).pathname === "/large") {
      let left = 2000;
      return new Response(new ReadableStream({
        pull: (controller) => left-- > 0 ? controller.enqueue(new Uint8Array(4096)) : controller.close(),
      }));
    }
    const { method, url, headers } = request;
    const body = method === "POST" ? (await request.bytes()).byteLength : null;
    const list = [["set-cookie", "a=1"], ["set-cookie", "b=2"]];
    return Response.json({ app: env.APP, method, url, headers: Object.fromEntries(headers), body }, { headers: list });
  },
};`;

async function run(command: string, args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const { code, stdout, stderr } = await new Deno.Command(command, { args }).output();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

/** A self-signed certificate for two hosts, good for a day. */
async function makeCertificate(dir: string): Promise<{ cert: string; key: string }> {
  const cert = `${dir}/cert.pem`;
  const key = `${dir}/key.pem`;
  const { code, stderr } = await run("openssl", [
    ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1"],
    ...["-keyout", key, "-out", cert, "-subj", "/CN=one.localhost"],
    ...["-addext", "subjectAltName=DNS:one.localhost,DNS:two.localhost,IP:127.0.0.1"],
    // Without it rustls takes the certificate for an authority's and refuses it as a server's
    ...["-addext", "basicConstraints=critical,CA:FALSE"],
  ]);
  if (code !== 0) throw new Error(`openssl failed: ${stderr}`);
  return { cert, key };
}

Deno.test("With a certificate the public listener speaks HTTPS and HTTP/2", async (t) => {
  const dir = await Deno.makeTempDir({ prefix: "nano-test-" });
  try {
    const tls = await makeCertificate(dir);
    const app = (name: string, ...hostname: string[]) => ({ files: APP, config: { hostname, env: { APP: name } } });
    await using project = await TempProject.create({
      one: app("one", "one.localhost", "127.0.0.1"),
      two: app("two", "two.localhost"),
    }, { tls });
    await using nano = await NanoProcess.start(project.configFile);
    const caCerts = [await Deno.readTextFile(tls.cert)];
    const origin = (host: string) => `https://${host}:${nano.port}`;
    const curl = (...args: string[]) =>
      run("curl", [
        ...["-sS", "--max-time", "30", "--cacert", tls.cert, "-w", "\\n%{http_version} %{http_code}"],
        ...["--resolve", `*:${nano.port}:127.0.0.1`, ...args],
      ]);

    await t.step("its URL says so", () => assert(nano.url.startsWith("https://")));

    for (const [flag, version] of [["--http1.1", "1.1"], ["--http2", "2"]] as const) {
      await t.step(`curl ${flag} is routed by host, and the app sees https`, async () => {
        for (const host of ["one", "two"]) {
          const { stdout, stderr } = await curl(flag, "-i", `${origin(`${host}.localhost`)}/p?q=1`);
          const [text = "", outcome] = stdout.trimEnd().split(/\n(?=[\d.]+ \d+$)/);
          assertEquals([outcome, stderr], [`${version} 200`, ""]);
          const [head = "", body = ""] = text.split("\r\n\r\n");
          const seen = JSON.parse(body);
          assertEquals(seen.app, host);
          assertEquals(seen.url, `${origin(`${host}.localhost`)}/p?q=1`);
          assertEquals(seen.headers["x-forwarded-proto"], "https");
          assertEquals(seen.headers["x-forwarded-host"], `${host}.localhost:${nano.port}`);
          assertEquals(head.match(/^set-cookie: .*$/gim), ["set-cookie: a=1", "set-cookie: b=2"]);
          assert(/^x-request-id: \S+$/im.test(head), head);
        }
      });

      await t.step(`curl ${flag} uploads and downloads`, async () => {
        const upload = `${dir}/upload.bin`;
        await Deno.writeFile(upload, new Uint8Array(3_000_000));
        const { stdout } = await curl(flag, "--data-binary", `@${upload}`, origin("one.localhost"));
        const [text = "", outcome] = stdout.split("\n");
        assertEquals([outcome, JSON.parse(text).body], [`${version} 200`, 3_000_000]);
        const download = `${dir}/download.bin`;
        const { stdout: got } = await curl(flag, "-o", download, `${origin("two.localhost")}/large`);
        assertEquals(got.trim(), `${version} 200`);
        assertEquals((await Deno.stat(download)).size, 2000 * 4096);
      });

      await t.step(`curl ${flag} gets coded answers`, async () => {
        const { stdout } = await curl(flag, "-i", "-H", "Host: nobody.test", origin("one.localhost"));
        assert(stdout.includes("nano-error: APP_NOT_FOUND"), stdout);
        assert(stdout.trimEnd().endsWith(`${version} 404`), stdout);
      });
    }

    await t.step("fetch with the certificate trusted gets through on one HTTP/2 connection, many at once", async () => {
      using client = Deno.createHttpClient({ caCerts });
      const urls = Array.from({ length: 50 }, (_, index) => `https://127.0.0.1:${nano.port}/${index}`);
      const answers = await Promise.all(urls.map(async (url) => await (await fetch(url, { client })).json()));
      assertEquals(answers.map(({ url }) => url), urls);
    });

    await t.step("HTTP/1.1 over TLS with a malformed Host is a bad request", async () => {
      using connection = await RawConnection.open(`https://127.0.0.1:${nano.port}`, { tls: { caCerts } });
      await connection.send("GET / HTTP/1.1\r\nHost: one.localhost/x\r\n\r\n");
      const response = await connection.readResponse();
      assertEquals([response.status, response.get("nano-error")], [400, "BAD_REQUEST"]);
    });

    await t.step("plain HTTP gets no answer of an app", async () => {
      const refused = await rawRequest(`http://127.0.0.1:${nano.port}`, "GET / HTTP/1.1\r\nHost: one.localhost\r\n\r\n")
        .catch((error) => error);
      assert(refused instanceof ConnectionClosed, String(refused));
    });
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});
