/** The files of a new project. */

const APP = `/** A small app: it answers by path, and with what nano.json gives it as env. */

interface Env {
  /** From "env" in nano.json; not set under \`nano dev\`. */
  readonly GREETING?: string;
}

export default {
  fetch(request: Request, env: Env): Response {
    const { pathname } = new URL(request.url);
    if (pathname === "/") return new Response(\`\${env.GREETING ?? "Hello"} from NANO\\n\`);
    if (pathname === "/time") return Response.json({ now: new Date().toISOString() });
    return new Response(\`There is nothing at \${pathname}\\n\`, { status: 404 });
  },
};
`;

/**
 * The files by name.
 * @param name of the app, in the spelling that apps have
 */
export function projectFiles(name: string): Readonly<Record<string, string>> {
  const host = `${name}.localhost`;
  const config = { apps: [{ name, path: ".", hostname: host, env: { GREETING: `Hello, ${name}` } }] };
  return {
    "index.ts": APP,
    "nano.json": JSON.stringify(config, null, 2) + "\n",
    ".gitignore": ".nano/\nnode_modules/\n",
    "README.md": `# ${name}

An app for NANO. \`index.ts\` answers the requests, \`nano.json\` says how it is served.

\`\`\`sh
nano dev .                     # one app, reload on every edit: http://127.0.0.1:8080/
nano start                     # as in nano.json: http://${host}:8080/
curl http://${host}:8080/time
\`\`\`
`,
  };
}
