/** Secrets at the desk: which files of a project are read, and which of them wins. */
import { assertEquals } from "@std/assert";
import { devVars } from "../../../../admin/cli/host/dev_vars.ts";
import { appFolder } from "../../bundle/app_folder.ts";

Deno.test("The files of .env are read together, the later of them wins, and an environment's own come last", async () => {
  await using app = await appFolder({
    ".env": "A=env\nB=env\nC=env\nD=env\nnot-a-name=x",
    ".env.local": "B=local\nC=local\nD=local",
    ".env.staging": "C=staging\nD=staging",
    ".env.staging.local": "D='staging local'",
  });
  assertEquals(await devVars(app.path, "staging"), { A: "env", B: "local", C: "staging", D: "staging local" });
  assertEquals(await devVars(app.path, null), { A: "env", B: "local", C: "local", D: "local" });
  assertEquals(await devVars(app.path, "other"), { A: "env", B: "local", C: "local", D: "local" });
});

Deno.test("One file of .dev.vars is read alone, that of the environment before all others", async () => {
  await using app = await appFolder({ ".dev.vars": "A=vars", ".dev.vars.staging": "B=own", ".env": "C=env" });
  assertEquals(await devVars(app.path, "staging"), { B: "own" });
  assertEquals(await devVars(app.path, "other"), { A: "vars" });
  assertEquals(await devVars(app.path, null), { A: "vars" });
  assertEquals(await devVars(app.at("absent"), null), {});
});

Deno.test("Names in .env stand for what the files say of them, not for what this machine does; .dev.vars are as written", async () => {
  const text = "HOST=db\nURL=postgres://$HOST:${PORT:-5432}/${NAME}\nPRICE='\\$5'\nTLS=${HOST:+yes}\nMINE=[$PATH]";
  await using app = await appFolder({ ".env": text, ".env.local": "NAME=shop\nHOST=local" });
  assertEquals(await devVars(app.path, null), {
    HOST: "local",
    URL: "postgres://local:5432/",
    PRICE: "$5",
    TLS: "yes",
    MINE: "[]",
    NAME: "shop",
  });
  await using plain = await appFolder({ ".dev.vars": "A=1\nB=$A\nC: yes" });
  assertEquals(await devVars(plain.path, null), { A: "1", B: "$A", C: "yes" });
});
