import { NanoProcess } from "../support/nano_process.ts";
import { TempProject } from "../support/temp_project.ts";
await using project = await TempProject.create({a:{files:`export default { fetch: () => new Response("x") };\n`},b:{files:`export default { fetch: () => new Response("x") };\n`}});
await using nano = await NanoProcess.start(project.configFile);
await new Promise(r=>setTimeout(r,4000));
console.log(nano.events.filter(e=>JSON.stringify(e).includes("GCMS")).map(e=>JSON.stringify(e)).join("\n"));
