/** The list that a wire collects a turn's operations in, safe from what an app does to arrays. */

/**
 * Operations of one turn. Cut off from Array.prototype and Object.prototype, where an app may have replaced `push` or
 * put setters on indices: it would get hold of the list and could write the host any operation in the isolate's name.
 */
export class Operations extends Array<unknown> {}
Object.defineProperty(Operations.prototype, "push", { value: Array.prototype.push });
Object.setPrototypeOf(Operations.prototype, null);
