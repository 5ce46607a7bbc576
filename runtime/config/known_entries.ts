/** Finds the apps of a document that are written as they were: what was made of them still holds. */

/** The document with the same objects for the apps that stand in the other one just so, at whatever place. */
export function withKnownEntries(document: unknown, before: unknown): unknown {
  const apps = appsOf(document);
  const known = appsOf(before);
  if (apps === null || known === null) return document;
  let byName: ReadonlyMap<unknown, unknown> | null = null;
  const kept = apps.map((app, index) => {
    // Most stand where they stood; the others are found by their names.
    const same = known[index];
    if (isSameJson(app, same)) return same;
    byName ??= new Map(known.map((one) => [nameOf(one), one]));
    const other = byName.get(nameOf(app));
    return isSameJson(app, other) ? other : app;
  });
  return { ...document as object, apps: kept };
}

function appsOf(document: unknown): readonly unknown[] | null {
  const apps = (document as { readonly apps?: unknown } | null | undefined)?.apps;
  return Array.isArray(apps) ? apps : null;
}

function nameOf(app: unknown): unknown {
  return (app as { readonly name?: unknown } | null | undefined)?.name;
}

/** Whether two values of JSON are the same, the order of keys included: an app sees that of its variables. */
function isSameJson(one: unknown, other: unknown): boolean {
  if (Object.is(one, other)) return true;
  if (typeof one !== "object" || typeof other !== "object" || one === null || other === null) return false;
  if (Array.isArray(one) !== Array.isArray(other)) return false;
  const keys = Object.keys(one);
  const others = Object.keys(other);
  if (keys.length !== others.length) return false;
  return keys.every((key, at) =>
    key === others[at] && isSameJson((one as Record<string, unknown>)[key], (other as Record<string, unknown>)[key])
  );
}
