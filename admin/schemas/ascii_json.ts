/** JSON as headers can hold it. */

/** The same JSON in ASCII. */
export function asciiJson(text: string): string {
  return text.replaceAll(/[\u007f-\uffff]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
