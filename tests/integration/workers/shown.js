/** JSON has no bytes and no errors. */
export function shown(value, depth = 0) {
  if (depth > 8) return "too deep";
  if (value === undefined) return { undefined: true };
  if (typeof value === "bigint") return { bigint: `${value}` };
  if (typeof value === "number" && !Number.isFinite(value)) return { number: `${value}` };
  if (value instanceof Error) return { error: value.name };
  if (value instanceof ArrayBuffer) return { buffer: [...new Uint8Array(value)] };
  if (ArrayBuffer.isView(value)) {
    return { bytes: [...new Uint8Array(value.buffer, value.byteOffset, value.byteLength)] };
  }
  if (value instanceof Date) return { date: value.getTime() };
  if (Array.isArray(value)) return value.map((one) => shown(one, depth + 1));
  if (value instanceof Map) return { map: shown([...value], depth + 1) };
  if (value instanceof Set) return { set: shown([...value], depth + 1) };
  if (typeof value === "object" && value !== null) {
    const members = Object.entries(value).filter(([, one]) => one !== undefined);
    return Object.fromEntries(members.map(([name, one]) => [name, shown(one, depth + 1)]));
  }
  return typeof value === "function" || typeof value === "symbol" ? { type: typeof value } : value;
}
