import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { isLoopback } from "../../../runtime/config/is_loopback.ts";
import { NanoError } from "../../../runtime/errors.ts";
import { natsCredentials, natsEngine, postgresEngine } from "../../../runtime/fleet/engine_config.ts";

const TLS = { ca: null, own: null };

Deno.test("NATS servers elsewhere need TLS or a word that it is not wanted; those on this machine do not", () => {
  const take = (servers: string[], said: object = {}) => natsEngine({ servers, name: "n1", ...said }).replicas;
  assertEquals(take(["127.0.0.1"]), 1);
  assertEquals(take(["nats://localhost:4222", "nats://[::1]:4222", "tls://127.8.9.1:1"]), 3);
  assertEquals(take(["nats://10.0.0.1:4222"], { tls: TLS }), 1);
  assertEquals(take(["10.0.0.1", "10.0.0.2"], { isInsecure: true }), 1);
  assertEquals(take(["10.0.0.1"], { tls: TLS, replicas: 5 }), 5);
  const open = [["127.0.0.1", "10.0.0.1"], ["nats://nats.example:4222"], ["[fd00::1]:4222"], ["127.0.0.1.example"]];
  for (const servers of open) assertStringIncludes(refusal(() => take(servers)), "TLS is not configured");
});

Deno.test("Addresses that cannot be meant are refused, without showing what may be a password", () => {
  for (const server of ["", "http://h:1", "nats://user:secret@127.0.0.1:4222", "nats://h:1/path", "nats://"]) {
    const message = refusal(() => natsEngine({ servers: [server], name: "n1", tls: TLS }));
    assertEquals([message.includes("secret"), message.startsWith("Cannot join a fleet: ")], [false, true]);
  }
  assertStringIncludes(refusal(() => natsEngine({ servers: [], name: "n1" })), "no NATS server");
  assertStringIncludes(refusal(() => natsEngine({ servers: ["127.0.0.1"], name: "n1", space: "a.b" })), "space");
  for (const url of ["mysql://u:secret@127.0.0.1/d", "postgres:secret", "postgres:///d", "not one"]) {
    const message = refusal(() => postgresEngine({ url, name: "n1" }));
    assertEquals([message.includes("secret"), message.startsWith("Cannot join a fleet: ")], [false, true]);
  }
  assertStringIncludes(
    refusal(() => postgresEngine({ url: "postgres://u:secret@db.example/d", name: "n1" })),
    '"db.example" is not on this machine',
  );
  const space = "a; drop table x";
  assertStringIncludes(refusal(() => postgresEngine({ url: "postgres://127.0.0.1/d", name: "n1", space })), "space");
});

Deno.test("What a login is shows in how it looks", () => {
  const seed = `SU${"A".repeat(56)}`;
  const creds = "-----BEGIN NATS USER JWT-----\nx\n------END NATS USER JWT------\n";
  assertEquals(natsCredentials(` ${seed}\n`), { kind: "nkey", seed });
  assertEquals(natsCredentials(creds), { kind: "creds", text: creds });
  assertEquals(natsCredentials("nano:a:b\n"), { kind: "password", user: "nano", password: "a:b" });
  assertEquals(natsCredentials("s3cret\n"), { kind: "token", token: "s3cret" });
  assertEquals(natsCredentials("\n"), { kind: "none" });
});

Deno.test("Only addresses of this machine are loopback", () => {
  const hosts = [
    "localhost",
    "127.0.0.1",
    "127.255.0.3",
    "::1",
    "[::1]",
    "127.0.0.1.example",
    "10.0.0.1",
    "::2",
    "0.0.0.0",
  ];
  assertEquals(hosts.filter(isLoopback), ["localhost", "127.0.0.1", "127.255.0.3", "::1", "[::1]"]);
});

function refusal(run: () => unknown): string {
  const error = assertThrows(run, NanoError);
  assertEquals(error.code, "CONFIG_INVALID");
  return error.message;
}
