/** What a source file itself says of the types of its names: enough to tell an object of ours from a native one. */
import { isNativeType } from "./native_names.ts";

// deno-lint-ignore no-explicit-any -- Deno's node types differ from what its tree holds (private names, `TSParameterProperty`)
export type Node = any;

/** What one file declares. */
export class FileTypes {
  /** By name: whether each declaration of it is of a type of ours. A name that is declared twice has to be ours twice. */
  readonly #isOurs = new Map<string, boolean>();
  /** The same of the fields of its classes, private ones with their `#`. */
  readonly #fields = new Map<string, boolean>();

  /** Whether the file declares a name, be it a type. */
  declares(name: string): boolean {
    return this.#isOurs.has(name);
  }

  /** Whether methods of what an expression gives are ours. */
  isOurs(node: Node): boolean {
    switch (node.type) {
      case "ThisExpression":
      case "Super":
        return true;
      case "Identifier":
        return this.#isOurs.get(node.name) === true;
      case "TSNonNullExpression":
      case "ChainExpression":
        return this.isOurs(node.expression);
      case "TSAsExpression":
        return isOursByType(node.typeAnnotation);
      case "NewExpression":
        return isOursByName(node.callee);
      case "MemberExpression":
        // `wire.out` collects operations, in a list that is cut off from every prototype.
        if (node.property.name === "out") return true;
        // A private name is a field of this file's classes, whatever stands before it.
        return (node.object.type === "ThisExpression" || node.property.type === "PrivateIdentifier") &&
          this.#fields.get(keyOf(node.property)) === true;
      default:
        return false;
    }
  }

  /** Notes a declaration. */
  note(node: Node): void {
    switch (node.type) {
      case "ImportSpecifier":
      case "ImportDefaultSpecifier":
      case "ImportNamespaceSpecifier":
        // A constant in capitals is a list or a set, whoever made it.
        this.#add(node.local.name, /^[.]/.test(node.parent.source.value) && !/^[A-Z0-9_]+$/.test(node.local.name));
        break;
      case "FunctionDeclaration":
      case "ClassDeclaration":
      case "TSInterfaceDeclaration":
      case "TSTypeAliasDeclaration":
      case "TSEnumDeclaration":
        if (node.id !== null && node.id !== undefined) this.#add(node.id.name, true);
        break;
      case "VariableDeclarator":
        this.#pattern(node.id, isOursByValue(node.init) || (isField(node.init) && this.isOurs(node.init)));
        break;
      case "PropertyDefinition":
        this.#fields.set(keyOf(node.key), isOursByType(node.typeAnnotation) || isOursByValue(node.value));
        break;
      case "CatchClause":
        if (node.param) this.#pattern(node.param, false);
        break;
    }
    for (const parameter of node.params ?? []) {
      if (parameter.type !== "TSTypeParameter") this.#pattern(parameter, false);
    }
  }

  #pattern(pattern: Node, isOurs: boolean): void {
    switch (pattern.type) {
      case "Identifier":
        this.#add(pattern.name, isOurs || isOursByType(pattern.typeAnnotation));
        break;
      case "AssignmentPattern":
        this.#pattern(pattern.left, isOurs);
        break;
      case "RestElement":
        this.#pattern(pattern.argument, false);
        break;
      case "ArrayPattern":
        for (const element of pattern.elements) if (element !== null) this.#pattern(element, false);
        break;
      case "ObjectPattern":
        for (const property of pattern.properties) {
          this.#pattern(property.type === "RestElement" ? property : property.value, false);
        }
        break;
      case "TSParameterProperty":
        this.#pattern(pattern.parameter, false);
        break;
    }
  }

  #add(name: string, isOurs: boolean): void {
    this.#isOurs.set(name, isOurs && this.#isOurs.get(name) !== false);
  }
}

function keyOf(key: Node): string {
  return key.type === "PrivateIdentifier" ? `#${key.name}` : String(key.name ?? key.value);
}

/** Whether a value is a private field, as it is: those stand before the methods that take them. */
function isField(value: Node): boolean {
  return value?.type === "MemberExpression" && value.property.type === "PrivateIdentifier";
}

function isOursByName(callee: Node): boolean {
  return callee.type === "Identifier" && !isNativeType(callee.name) && !callee.name.startsWith("Native");
}

function isOursByValue(value: Node): boolean {
  if (value === null || value === undefined) return false;
  if (value.type === "ObjectExpression") return true;
  return value.type === "NewExpression" && isOursByName(value.callee);
}

function isOursByType(annotation: Node): boolean {
  const type = annotation?.type === "TSTypeAnnotation" ? annotation.typeAnnotation : annotation;
  if (type?.type === "TSUnionType") {
    return type.types.every((one: Node) =>
      isOursByType(one) || one.type === "TSNullKeyword" || one.type === "TSUndefinedKeyword"
    );
  }
  return type?.type === "TSTypeReference" && type.typeName.type === "Identifier" && !isNativeType(type.typeName.name);
}
