/** A path that runs `scheduled` under `nano dev`: what the job is told, and what whoever asked is answered. */
import { assertEquals } from "@std/assert";
import { scheduledTrigger } from "../../../runtime/app/scheduled_trigger.ts";
import { NanoError } from "../../../runtime/errors.ts";
import type { AppCall } from "../../../runtime/terms/app_call.ts";
import { FakeCall } from "./fake_call.ts";

class UrlCall extends FakeCall {
  override readonly url: string;

  constructor(url: string) {
    super();
    this.url = url;
  }
}

const trigger = scheduledTrigger({ now: () => 5, wall: () => 1_000 });

for (
  const [url, job] of [
    ["http://blog/cdn-cgi/handler/scheduled?cron=*+*+*+*+*&time=42", { cron: "* * * * *", scheduledTime: 42 }],
    ["http://blog/__scheduled?cron=0+5+*+*+*&time=soon", { cron: "0 5 * * *", scheduledTime: 1_000 }],
    ["http://blog/cdn-cgi/handler/scheduled", { cron: "", scheduledTime: 1_000 }],
  ] as const
) {
  Deno.test(`${url} runs the job and is answered by how it ended`, () => {
    for (const [isWell, answer] of [[true, [200, "ok"]], [false, [500, "exception"]]] as const) {
      const call = new UrlCall(url);
      const jobs: AppCall["job"][] = [];
      const fetch = (inner: AppCall) => {
        jobs.push(inner.job);
        if (isWell) inner.respond(200, "", null);
        else inner.fail(new NanoError("APP_EXCEPTION", "It threw"));
      };
      assertEquals(trigger({ app: { name: "blog" }, fetch }, call), true);
      assertEquals([jobs, call.status, call.answer], [[job], ...answer] as unknown);
    }
  });
}

Deno.test("Other paths are the app's", () => {
  const fetch = () => {
    throw new Error("It was not to be asked");
  };
  assertEquals(trigger({ app: { name: "blog" }, fetch }, new UrlCall("http://blog/scheduled?cron=x")), false);
});
