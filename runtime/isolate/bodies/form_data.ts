/** FormData over the isolate's own Blob and File. */
import {
  apply,
  create,
  defineMember,
  defineProperty,
  getPrototypeOf,
  NativeTypeError,
  wallClock,
} from "../../protocol/primordials.ts";
import { SafeWeakMap } from "../../protocol/safe_collections.ts";
import { blobInternals, fileInternals } from "./blob.ts";
import { append } from "./byte_parts.ts";
import { defineInspection, defineInterface, requireArguments, toUsvString } from "./web_idl.ts";

/** One entry; files are the same objects each time they are asked for. */
export interface FormEntry {
  readonly name: string;
  readonly value: string | File;
}

/** What NANO reads of forms, and how it makes them. */
export interface FormInternals {
  isForm(value: unknown): value is AppFormData;
  entriesOf(form: AppFormData): readonly FormEntry[];
  create(entries: FormEntry[]): AppFormData;
}

/** Set by the class itself. */
export let formInternals: FormInternals;

type Kind = "key" | "value" | "key+value";

/** The `FormData` of an app. */
export class AppFormData {
  #entries: FormEntry[] = [];

  constructor(form: unknown = undefined) {
    if (form !== undefined) {
      throw new NativeTypeError("Failed to construct 'FormData': there are no form elements here");
    }
  }

  append(name: unknown, value: unknown, filename: unknown = undefined): void {
    void this.#entries;
    const entry = readEntry("append", { count: arguments.length, name, value, filename });
    append(this.#entries, entry);
  }

  delete(name: unknown): void {
    void this.#entries;
    const wanted = readName("delete", arguments.length, name);
    this.#entries = without(this.#entries, wanted);
  }

  get(name: unknown): string | File | null {
    const entries = this.#entries;
    const wanted = readName("get", arguments.length, name);
    for (let at = 0; at < entries.length; at++) if (entries[at]!.name === wanted) return entries[at]!.value;
    return null;
  }

  getAll(name: unknown): (string | File)[] {
    const entries = this.#entries;
    const wanted = readName("getAll", arguments.length, name);
    const found: (string | File)[] = [];
    for (let at = 0; at < entries.length; at++) if (entries[at]!.name === wanted) append(found, entries[at]!.value);
    return found;
  }

  has(name: unknown): boolean {
    const entries = this.#entries;
    const wanted = readName("has", arguments.length, name);
    for (let at = 0; at < entries.length; at++) if (entries[at]!.name === wanted) return true;
    return false;
  }

  set(name: unknown, value: unknown, filename: unknown = undefined): void {
    const entries = this.#entries;
    const entry = readEntry("set", { count: arguments.length, name, value, filename });
    const kept: FormEntry[] = [];
    let isPlaced = false;
    for (let at = 0; at < entries.length; at++) {
      if (entries[at]!.name !== entry.name) append(kept, entries[at]!);
      else if (!isPlaced) {
        append(kept, entry);
        isPlaced = true;
      }
    }
    if (!isPlaced) append(kept, entry);
    this.#entries = kept;
  }

  entries(): IterableIterator<[string, string | File]> {
    void this.#entries;
    return iterate(this, "key+value") as IterableIterator<[string, string | File]>;
  }

  keys(): IterableIterator<string> {
    void this.#entries;
    return iterate(this, "key") as IterableIterator<string>;
  }

  values(): IterableIterator<string | File> {
    void this.#entries;
    return iterate(this, "value") as IterableIterator<string | File>;
  }

  forEach(callback: unknown, thisArgument: unknown = undefined): void {
    void this.#entries;
    requireArguments(arguments.length, 1, "execute 'forEach' on 'FormData'");
    if (typeof callback !== "function") {
      throw new NativeTypeError("Failed to execute 'forEach' on 'FormData': the callback is no function");
    }
    // The list may change meanwhile.
    for (let at = 0; at < this.#entries.length; at++) {
      const { name, value } = this.#entries[at]!;
      apply(callback, thisArgument, [value, name, this]);
    }
  }

  static {
    formInternals = {
      isForm: (value): value is AppFormData => typeof value === "object" && value !== null && #entries in value,
      entriesOf: (form) => form.#entries,
      create(entries) {
        const form = new AppFormData();
        form.#entries = entries;
        return form;
      },
    };
  }
}

function without(entries: readonly FormEntry[], name: string): FormEntry[] {
  const kept: FormEntry[] = [];
  for (let at = 0; at < entries.length; at++) if (entries[at]!.name !== name) append(kept, entries[at]!);
  return kept;
}

function readName(method: string, count: number, name: unknown): string {
  requireArguments(count, 1, `execute '${method}' on 'FormData'`);
  return toUsvString(name);
}

/** https://xhr.spec.whatwg.org/#create-an-entry */
function readEntry(
  method: string,
  given: { count: number; name: unknown; value: unknown; filename: unknown },
): FormEntry {
  const action = `execute '${method}' on 'FormData'`;
  requireArguments(given.count, 2, action);
  const name = toUsvString(given.name);
  const { value } = given;
  if (!blobInternals.isBlob(value)) {
    if (given.filename !== undefined) throw new NativeTypeError(`Failed to ${action}: only a Blob has a filename`);
    return { name, value: toUsvString(value) };
  }
  const isFile = fileInternals.isFile(value);
  if (isFile && given.filename === undefined) return { name, value: value as unknown as File };
  const filename = given.filename === undefined ? "blob" : toUsvString(given.filename);
  const parts = blobInternals.partsOf(value);
  const lastModified = isFile ? fileInternals.lastModifiedOf(value) : wallClock();
  const file = fileInternals.create(parts, blobInternals.typeOf(value), { name: filename, lastModified });
  return { name, value: file as unknown as File };
}

/** Where an iterator stands; null for what is none of ours. */
interface Position {
  readonly form: AppFormData;
  readonly kind: Kind;
  at: number;
}

const positions = new SafeWeakMap<object, Position>();
const iteratorPrototype = create(getPrototypeOf(getPrototypeOf([][Symbol.iterator]())), {
  [Symbol.toStringTag]: { value: "FormData Iterator", configurable: true },
});
const { next } = {
  /** Reads the list as it is at each step. */
  next(this: unknown): IteratorResult<unknown> {
    const isObject = typeof this === "object" && this !== null;
    const position = isObject ? positions.get(this) : undefined;
    if (position === undefined) {
      throw new NativeTypeError("Failed to execute 'next': the receiver is no FormData Iterator");
    }
    const entry = formInternals.entriesOf(position.form)[position.at];
    if (entry === undefined) return { value: undefined, done: true };
    position.at++;
    const { kind } = position;
    const value = kind === "key" ? entry.name : kind === "value" ? entry.value : [entry.name, entry.value];
    return { value, done: false };
  },
};
defineProperty(iteratorPrototype, "next", { value: next, writable: true, enumerable: true, configurable: true });

function iterate(form: AppFormData, kind: Kind): object {
  const iterator = create(iteratorPrototype) as object;
  positions.set(iterator, { form, kind, at: 0 });
  return iterator;
}

defineInterface(AppFormData, "FormData", 0);
for (const [name, length] of [["append", 2], ["set", 2]] as const) {
  defineProperty(AppFormData.prototype[name], "length", { value: length, configurable: true });
}
defineProperty(AppFormData.prototype, Symbol.iterator, {
  value: AppFormData.prototype.entries,
  writable: true,
  configurable: true,
});
defineInspection(AppFormData.prototype, (form) => {
  if (!formInternals.isForm(form)) return null;
  const shown = {};
  const all = formInternals.entriesOf(form);
  for (let at = 0; at < all.length; at++) defineMember(shown, all[at]!.name, all[at]!.value, true);
  return shown;
});
