/** What an app in quarantine answers. */
import { assertEquals, assertRejects } from "@std/assert";
import { QuarantinedApp } from "../../../runtime/units/quarantined_app.ts";
import { NanoError } from "../../../runtime/errors.ts";
import { appConfig } from "../runtime/app_config.ts";
import { FakeCall } from "../app/fake_call.ts";

const REASON = "the host died 2 times while it computed";

function quarantined(): QuarantinedApp {
  return new QuarantinedApp(appConfig({ name: "shop" }), { version: "abc", reason: REASON, since: 1234 });
}

Deno.test("QuarantinedApp refuses requests and starts with APP_QUARANTINED, and never sets a time to come back", async () => {
  const app = quarantined();
  const call = new FakeCall();
  app.fetch(call);
  assertEquals([call.code, call.error?.details], ["APP_QUARANTINED", [REASON]]);
  const error = await assertRejects(() => app.start(), NanoError, '"nano restart shop" ends it');
  assertEquals(error.code, "APP_QUARANTINED");
});

Deno.test("QuarantinedApp shows its version, its reason and how to end it", () => {
  const { state, version, since, error } = quarantined().snapshot();
  assertEquals([state, version, since], ["quarantined", "abc", 1234]);
  assertEquals(error, `Quarantined: ${REASON}\nA new version or "nano restart shop" ends it`);
});

Deno.test("QuarantinedApp that is replaced drains at once and says that it is going away", async () => {
  const app = quarantined();
  assertEquals(await app.stop(), "drained");
  const call = new FakeCall();
  app.fetch(call);
  assertEquals([app.state, call.code], ["stopped", "APP_DRAINING"]);
});
