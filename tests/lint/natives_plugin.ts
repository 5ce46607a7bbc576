/**
 * A plugin of `deno lint`: code that runs beside an app may use nothing that the app could have patched.
 *
 * What stands at the top level of a module runs before an app's first byte, as does a function whose doc comment says
 * `@boot`; everything else is refused a native's method, a global, the iteration protocol, and an object with a
 * prototype where native code reads options. What to use instead is in runtime/protocol/primordials.ts.
 */
import { FileTypes, type Node } from "./file_types.ts";
import { GETTER_NAMES, GLOBAL_NAMES, METHOD_NAMES } from "./native_names.ts";

/** What runs beside apps; of `protocol/` all but what only runs at the boot or behind a self-test of its own. */
const GUARDED =
  /\/runtime\/(isolate\/.*|bindings\/[^/]+\/isolate(?:_[a-z_]+)?|protocol\/(?!inner_slots|operations).*)\.ts$/;

/** What joins two implementations of streams: it has to call whichever a stream is of, by the stream's own methods. */
const FREE = /\/runtime\/isolate\/traffic\/(stream|body)_bridge\.ts$/;

/** Calls that read an object as options, whatever their argument. */
const OPTION_READERS = new Set(["apply", "construct", "create", "defineProperties", "defineProperty"]);

const BOOT = /\/\*\*(?:(?!\*\/)[^])*@boot\b(?:(?!\*\/)[^])*\*\/\s*(?:export\s+)?(?:async\s+)?$/;

type Rule = Deno.lint.Rule;
type Check = (node: Node, types: FileTypes) => string | null;

/** A rule that looks at nodes of some kinds, once all declarations of the file are known. */
function ruleOf(kinds: readonly string[], check: Check): Rule {
  return {
    create(context) {
      const path = context.filename.replaceAll("\\", "/");
      if (!GUARDED.test(path) || FREE.test(path)) return {};
      const types = new FileTypes();
      const found: Node[] = [];
      const isBoot = (node: Node) => BOOT.test(context.sourceCode.text.slice(0, node.range[0]));
      const visitor: Record<string, (node: Node) => void> = {};
      for (const kind of DECLARATIONS) visitor[kind] = (node) => types.note(node);
      for (const kind of kinds) {
        const declare = visitor[kind];
        visitor[kind] = (node) => {
          declare?.(node);
          if (runsBesideApp(node, isBoot)) found.push(node);
        };
      }
      visitor["Program:exit"] = () => {
        for (const node of found) {
          const message = check(node, types);
          if (message !== null) context.report({ node, message });
        }
      };
      return visitor;
    },
  };
}

const FUNCTIONS = ["FunctionDeclaration", "FunctionExpression", "ArrowFunctionExpression"];
const DECLARATIONS = [
  ...FUNCTIONS,
  "ImportSpecifier",
  "ImportDefaultSpecifier",
  "ImportNamespaceSpecifier",
  "ClassDeclaration",
  "TSInterfaceDeclaration",
  "TSTypeAliasDeclaration",
  "VariableDeclarator",
  "PropertyDefinition",
  "CatchClause",
];

/** Whether an app may have run before a node does: it stands in a function, and not in one of the boot. */
function runsBesideApp(node: Node, isBoot: (node: Node) => boolean): boolean {
  for (let at = node; at.parent; at = at.parent) {
    const { parent } = at;
    // An instance's fields are made when an app makes one.
    if (parent.type === "PropertyDefinition" && parent.value === at && parent.static !== true) return true;
    if (!FUNCTIONS.includes(parent.type) || isCallback(parent)) continue;
    return !isBoot(
      parent.type === "FunctionExpression" && parent.parent.type === "MethodDefinition" ? parent.parent : parent,
    );
  }
  return false;
}

/** Whether a function runs at once, as a part of the code around it. */
function isCallback(node: Node): boolean {
  const { parent } = node;
  return node.type === "ArrowFunctionExpression" && parent.type === "CallExpression" && parent.callee !== node &&
    parent.callee.type === "MemberExpression" && AT_ONCE.has(parent.callee.property.name);
}

/** Methods that call what they are given before they return. */
const AT_ONCE = new Set(["every", "filter", "find", "findIndex", "flatMap", "forEach", "map", "reduce", "some"]);

/** Names as values: no keys, no types, no declarations of this file. */
function isGlobal(node: Node, types: FileTypes): boolean {
  const { parent } = node;
  if (!GLOBAL_NAMES.has(node.name) || types.declares(node.name)) return false;
  if (parent.type === "MemberExpression") return parent.object === node || parent.computed;
  if (parent.type === "Property") return parent.value === node && parent.parent.type === "ObjectExpression";
  if (/^(MethodDefinition|PropertyDefinition|LabeledStatement|BreakStatement)$/.test(parent.type)) {
    return parent.value === node;
  }
  if (parent.type === "ClassExpression" || FUNCTIONS.includes(parent.type)) return parent.body === node;
  return !parent.type.startsWith("TS") ||
    (/^TS(As|NonNull|Satisfies|Instantiation)/.test(parent.type) && parent.expression === node);
}

function hasNoPrototype(object: Node): boolean {
  return object.properties.some((one: Node) =>
    one.type === "Property" && (one.key.name ?? one.key.value) === "__proto__" && one.value.type === "Literal" &&
    one.value.value === null
  );
}

/** The call whose argument an object is, also as an element of the list that `apply` takes. */
function readerOf(object: Node): Node | null {
  let node = object;
  while (/^TS(As|NonNull|Satisfies)/.test(node.parent.type)) node = node.parent;
  const { parent } = node;
  if (parent.type === "NewExpression" || parent.type === "CallExpression") return parent;
  return parent.type === "ArrayExpression" && parent.parent.type === "CallExpression" ? parent.parent : null;
}

const plugin: Deno.lint.Plugin = {
  name: "natives",
  rules: {
    method: ruleOf(["MemberExpression"], (node, types) => {
      if (node.computed || node.property.type !== "Identifier") return null;
      const { name } = node.property;
      // `a?.b()` wraps its callee once more.
      const callee = node.parent.type === "ChainExpression" ? node.parent : node;
      const isCall = callee.parent.type === "CallExpression" && callee.parent.callee === callee;
      if (!(isCall && METHOD_NAMES.has(name)) && !(GETTER_NAMES.has(name) && !isCall)) return null;
      if (types.isOurs(node.object)) return null;
      // Refused already, as a global.
      if (node.object.type === "Identifier" && isGlobal(node.object, types)) return null;
      return isCall
        ? `"${name}" of a native's prototype may be the app's: call it through runtime/protocol/primordials.ts`
        : `The getter "${name}" may be the app's: read it through runtime/protocol/primordials.ts`;
    }),
    global: ruleOf(
      ["Identifier"],
      (node, types) =>
        isGlobal(node, types) ? `The global "${node.name}" may be the app's: keep it at the top of the module` : null,
    ),
    iteration: ruleOf(["ForOfStatement", "SpreadElement", "ArrayPattern", "YieldExpression"], (node) => {
      if (node.type === "SpreadElement" && node.parent.type === "ObjectExpression") return null;
      if (node.type === "YieldExpression" && !node.delegate) return null;
      return "The iteration protocol may be the app's: go by index, or through runtime/protocol/primordials.ts";
    }),
    options: ruleOf(["ObjectExpression"], (node) => {
      const reader = readerOf(node);
      if (reader === null || hasNoPrototype(node)) return null;
      const { callee } = reader;
      const isMember = callee.type === "MemberExpression";
      // A method of ours may be called "create".
      if (isMember && !GLOBAL_NAMES.has(callee.object.name)) return null;
      const name: string = isMember ? callee.property.name : callee.name ?? "";
      const isNative = reader.type === "NewExpression"
        ? name.startsWith("Native") || GLOBAL_NAMES.has(name)
        : OPTION_READERS.has(name) || /^[A-Z]\w+Prototype[A-Z]/.test(name);
      return isNative
        ? "Native code reads options through Object.prototype, which is the app's: wrap them in bare()"
        : null;
    }),
  },
};

export default plugin;
