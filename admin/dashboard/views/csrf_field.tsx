/** The hidden field that every form with a change carries. */

/** @param props.csrf of the session */
export function CsrfField({ csrf }: { csrf: string }) {
  return <input type="hidden" name="csrf" value={csrf} />;
}
