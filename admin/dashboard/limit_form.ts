/** The form of an app's limits: what it shows, and the patch that what was typed makes. */
import {
  APP_LIMIT_KEYS,
  APP_LIMITS,
  type AppLimitKey,
  type AppLimits,
  appPatchSchema,
  type Limit,
  type NanoError,
  writtenAppLimits,
} from "../../runtime/mod.ts";

/** One field. */
export interface LimitField {
  readonly key: AppLimitKey;
  readonly limit: Limit;
  /** In force. */
  readonly value: number;
  /** Key of the limit of the app that it follows while nobody writes it, or null. */
  readonly follows: AppLimitKey | null;
  /** What stands in the field. */
  readonly typed: string;
  /** Why it is refused, or null. */
  readonly problem: string | null;
}

/** A change of limits as JSON Merge Patch: `null` takes a key away. */
export type LimitPatch = { readonly [Key in AppLimitKey]?: number | null };

/** The form as it begins. */
export function limitFields(limits: AppLimits): readonly LimitField[] {
  const inForce = writtenAppLimits(limits);
  return APP_LIMIT_KEYS.map((key) => {
    const limit: Limit = APP_LIMITS[key];
    const { default: preset } = limit;
    const follows = preset !== null && typeof preset === "object" && "app" in preset ? preset.app as AppLimitKey : null;
    // A limit that follows another is left to follow: it would be written down with every change of the other.
    const isFollowing = follows !== null && inForce[key] === inForce[follows];
    return { key, limit, value: inForce[key], follows, typed: isFollowing ? "" : String(inForce[key]), problem: null };
  });
}

/** What was typed, and the patch it makes: only what differs from what was shown, so that nothing else is written down. */
export function typedLimits(
  limits: AppLimits,
  form: Readonly<Record<string, string>>,
): { readonly fields: readonly LimitField[]; readonly patch: LimitPatch } {
  const shown = limitFields(limits);
  const typed = shown.map((field) => ({ ...field, typed: (form[field.key] ?? field.typed).trim() }));
  const changes = typed.filter((field, at) => field.typed !== shown[at]!.typed);
  const patch = Object.fromEntries(changes.map(({ key, typed: text }) => [key, text === "" ? null : numberOr(text)]));
  const checked = appPatchSchema.safeParse(patch);
  const problems = new Map(checked.error?.issues.map(({ path, message }) => [path[0], message]));
  const fields = typed.map((field) => {
    const problem = problems.get(field.key);
    return problem === undefined ? field : { ...field, problem: `Cannot be "${field.typed}": ${problem}` };
  });
  return { fields, patch: checked.success ? patch as LimitPatch : {} };
}

/** The fields with the mistakes that name them; those that the configuration as a whole was refused for. */
export function refusedFields(fields: readonly LimitField[], { details }: NanoError): readonly LimitField[] {
  return fields.map((field) => {
    const line = details.find((detail) => detail.startsWith(`${field.key} is `));
    return line === undefined ? field : { ...field, problem: `It ${line.slice(field.key.length + 1)}` };
  });
}

function numberOr(text: string): number | string {
  // The longest number that is whole for sure has 16 digits; what is longer is refused by its range.
  return /^-?\d{1,20}$/.test(text) ? Number(text) : text;
}
