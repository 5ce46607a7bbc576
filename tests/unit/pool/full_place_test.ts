/** What Deno is allowed for an app that it runs itself. */
import { assertEquals } from "@std/assert";
import { fullArguments, fullPlace, type PlaceRules } from "../../../runtime/pool/full_place.ts";

const CODE = {
  ...{ entry: "/srv/app/main.ts", folder: "/srv/app", reach: "/srv", hidden: ["/srv/nano.json"] },
  ...{ data: ["/srv/app/data"], settings: null },
};
const RULES: PlaceRules = { run: [], ffi: false, outbound: "public", storageMb: 1 };
const PROCESS = { socket: "/own/socket", tmp: "/tmp", loader: "data:," };

function flags(rules: Partial<PlaceRules>, code = CODE): string[] {
  return fullArguments(fullPlace(code, { ...RULES, ...rules }), PROCESS).filter((word) =>
    /^--(?:allow|deny)/.test(word)
  );
}

Deno.test("It reads its folder and what tells the kind of system, writes two, and has no network but to NANO", () => {
  assertEquals(flags({}), [
    "--allow-read=/srv,/srv/app/data,/tmp,/own/socket,/etc/alpine-release,/etc/os-release,/usr/bin/ldd",
    ...["--deny-read=/srv/nano.json", "--allow-write=/srv/app/data,/tmp,/own/socket", "--allow-net=unix:/own/socket"],
    ...["--allow-env", "--allow-sys"],
  ]);
  assertEquals(flags({ outbound: "none" }), flags({}));
});

Deno.test("Programs and native code are allowed by name and by folder", () => {
  assertEquals(flags({ run: ["git", "/opt/a,b"], ffi: true }).slice(-2), [
    ...["--allow-run=git,/opt/a,,b", "--allow-ffi=/srv"],
  ]);
});

Deno.test("A list of hosts is Deno's to hold; without a port an entry is none of mail", () => {
  const net = (outbound: PlaceRules["outbound"]) => flags({ outbound }).filter((word) => word.includes("-net"));
  assertEquals(net("any"), ["--allow-net"]);
  assertEquals(net(["db.internal:5432", "*.example.com"]), [
    ...["--allow-net=db.internal:5432,*.example.com,unix:/own/socket", "--deny-net=*.example.com:25"],
  ]);
  assertEquals(net(["[::1]:80"]), ["--allow-net=[::1]:80,unix:/own/socket"]);
});
