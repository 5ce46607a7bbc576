/** The release workflow: read as the service that runs it would, as far as that goes. */
import { assert, assertEquals } from "@std/assert";
import { REPO } from "../support/repo.ts";
import { readYaml, type Yaml } from "./parse_yaml.ts";

const workflow = await readYaml(".github/workflows/release.yml");
const { tasks } = JSON.parse(await Deno.readTextFile(new URL("deno.json", REPO)));

Deno.test("A release is built for five targets, each with the pinned Deno and the task of deno.json", async () => {
  const targets = workflow.jobs.build.strategy.matrix.include.map((one: Yaml) => one.target).sort();
  assertEquals(targets, [
    "aarch64-apple-darwin",
    "aarch64-unknown-linux-gnu",
    "x86_64-apple-darwin",
    "x86_64-pc-windows-msvc",
    "x86_64-unknown-linux-gnu",
  ]);
  const steps: Yaml[] = workflow.jobs.build.steps;
  const deno = steps.find((step) => step.uses?.startsWith("denoland/setup-deno"));
  const readme = await Deno.readTextFile(new URL("README.md", REPO));
  assert(readme.includes(`deno@${deno.with["deno-version"]} `));
  const run = steps.map((step) => step.run).filter((text) => /^deno task \w+$/.test(text ?? ""));
  assertEquals(run, ["deno task compile"]);
  assert(tasks.compile !== undefined);
});

Deno.test("Only the job that publishes may write, and it publishes checksums", () => {
  assertEquals(workflow.permissions, { contents: "read" });
  assertEquals(workflow.jobs.build.permissions, undefined);
  assertEquals(workflow.jobs.release.permissions, { contents: "write" });
  assert(workflow.jobs.release.steps.some((step: Yaml) => step.run?.includes("sha256sum nano-* > SHA256SUMS")));
});
