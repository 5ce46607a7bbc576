/** The module that an app of Pages' `functions/` begins in: its files as routes, and what finds the one for a request. */
import { join, relative } from "node:path";
import { FUNCTION_FILE, functionFiles } from "../config/pages_project.ts";
import { NanoError } from "../errors.ts";

/**
 * It runs in the app's realm. Routes are tried as Pages tries them: the longer before the shorter, fixed names before
 * parameters, one method before all. Every middleware above a route runs before it, from the top down.
 */
const ROUTER = `
const METHODS = ["Get", "Post", "Put", "Patch", "Delete", "Options", "Head"];
const routes = [];
for (const { segments, isMiddleware, module } of files) {
  const source = segments.map((part) => {
    const all = /^\\[\\[(\\w+)\\]\\]$/.exec(part);
    if (all) return "(?:/(?<" + all[1] + ">.*?))?";
    return "/" + part.split(/(\\[\\w+\\])/).map((piece) => {
      const name = /^\\[(\\w+)\\]$/.exec(piece);
      return name ? "(?<" + name[1] + ">[^/]+?)" : piece.replace(/[.*+?^$\{}()|[\\]\\\\]/g, "\\\\$&");
    }).join("");
  }).join("");
  const lists = segments.filter((part) => part.startsWith("[[")).map((part) => part.slice(2, -2));
  const expression = new RegExp("^" + source + (isMiddleware ? "(?=/|$)" : "/?$"), "i");
  for (const method of [...METHODS, ""]) {
    const given = module["onRequest" + method];
    if (given === undefined) continue;
    routes.push({ expression, lists, isMiddleware, method: method.toUpperCase(), handlers: [given].flat(Infinity) });
  }
}
function* handlersFor(request) {
  const path = new URL(request.url).pathname;
  const isFor = ({ method }) => method === "" || method === request.method;
  const found = (route) => {
    const match = route.expression.exec(path);
    if (match === null) return null;
    const params = { ...match.groups };
    for (const name of Object.keys(params)) {
      // A slash at the end begins no further part
      if (params[name] === undefined || params[name] === "") delete params[name];
      else if (route.lists.includes(name)) params[name] = params[name].split("/");
    }
    return { params, functionPath: match[0] || "/" };
  };
  for (const route of routes.filter((one) => one.isMiddleware && isFor(one)).reverse()) {
    const match = found(route);
    if (match !== null) for (const handler of route.handlers) yield { handler, ...match };
  }
  for (const route of routes.filter((one) => !one.isMiddleware && isFor(one))) {
    const match = found(route);
    if (match === null) continue;
    for (const handler of route.handlers) yield { handler, ...match };
    return;
  }
}
const fromFiles = (request, env) =>
  env.ASSETS === undefined ? new Response("Not found\\n", { status: 404 }) : env.ASSETS.fetch(request);
// What a middleware got may be changed by it.
const changeable = (response) => new Response(response.body, response);
export default {
  async fetch(first, env, ctx) {
    let request = first;
    let data = {};
    let passesThrough = false;
    const handlers = handlersFor(first);
    const next = async (input, init) => {
      if (input !== undefined) request = new Request(typeof input === "string" ? new URL(input, request.url) : input, init);
      const { done, value } = handlers.next();
      if (done) return changeable(await fromFiles(request, env));
      const { handler, params, functionPath } = value;
      const response = await handler({
        request: request.body === null ? request : request.clone(),
        functionPath,
        params,
        env,
        next,
        waitUntil: (promise) => ctx.waitUntil(promise),
        passThroughOnException: () => void (passesThrough = true),
        get data() {
          return data;
        },
        set data(value) {
          if (typeof value !== "object" || value === null) throw new TypeError("context.data must be an object");
          data = value;
        },
      });
      if (!(response instanceof Response)) throw new TypeError("A function of functions/ returned no Response");
      return response.webSocket || response.status === 101 ? response : changeable(response);
    };
    try {
      return await next();
    } catch (error) {
      if (passesThrough) return fromFiles(request, env);
      throw error;
    }
  },
};
`;

/**
 * Writes it.
 * @param root real path of the app's folder, which its imports begin in
 * @param functions absolute path of `functions/`
 * @throws {NanoError} APP_FAILED when there is none, or a file has a name that is no route
 */
export async function pagesEntry(root: string, functions: string): Promise<string> {
  const folder = relative(root, await Deno.realPath(functions));
  const names = await functionFiles(functions);
  if (names.length === 0) throw new NanoError("APP_FAILED", `Cannot find an entry: "${folder}" holds no functions`);
  const files = names.map((name) => ({ name, ...routeOf(name) })).sort(compareRoutes);
  const imports = files.map(({ name }, at) => `import * as f${at} from ${JSON.stringify(`./${join(folder, name)}`)};`);
  const list = files.map(({ segments, isMiddleware }, at) =>
    `  { segments: ${JSON.stringify(segments)}, isMiddleware: ${isMiddleware}, module: f${at} },`
  );
  return [...imports, "const files = [", ...list, "];", ROUTER].join("\n");
}

interface FunctionRoute {
  readonly segments: readonly string[];
  readonly isMiddleware: boolean;
}

function routeOf(name: string): FunctionRoute {
  const segments = name.replace(FUNCTION_FILE, "").split("/");
  for (const part of segments) {
    const inner = [...part.matchAll(/\[+([^\]]*)\]+/g)].map(([, name]) => name!);
    if (inner.some((one) => !/^[A-Za-z_]\w*$/.test(one))) {
      throw new NanoError(
        "APP_FAILED",
        `"functions/${name}": "${part}" is no parameter; its name has letters and digits`,
      );
    }
  }
  const isMiddleware = segments.at(-1) === "_middleware";
  if (isMiddleware || segments.at(-1) === "index") segments.pop();
  return { segments, isMiddleware };
}

function compareRoutes(one: FunctionRoute & { name: string }, other: FunctionRoute & { name: string }): number {
  if (one.segments.length !== other.segments.length) return other.segments.length - one.segments.length;
  const rank = (part: string) => part.startsWith("[[") ? 2 : part.includes("[") ? 1 : 0;
  for (const [at, part] of one.segments.entries()) {
    const difference = rank(part) - rank(other.segments[at]!);
    if (difference !== 0) return difference;
  }
  return one.name < other.name ? -1 : 1;
}
