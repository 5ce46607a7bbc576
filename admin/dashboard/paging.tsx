/** Links to the first and the next page of a list that has cursors. */

/** @param props.href of the first page, with its query @param props.cursor of the next page, or null */
export function Paging({ href, isLater, cursor }: { href: string; isLater: boolean; cursor: string | null }) {
  if (!isLater && cursor === null) return null;
  const joint = href.includes("?") ? "&" : "?";
  return (
    <nav class="buttons paging" aria-label="Pages">
      {isLater ? <a class="button" href={href}>First</a> : null}
      {cursor === null
        ? null
        : <a class="button" href={`${href}${joint}cursor=${encodeURIComponent(cursor)}`} rel="next">More</a>}
    </nav>
  );
}
