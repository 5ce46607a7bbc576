/** Labelled fields of a form: one line, or several, each with its hint below. */
import type { Child } from "hono/jsx";

/** A field that is sent as `name`; every other attribute is the element's own. */
interface FieldProps {
  name: string;
  label: Child;
  /** Default: the name. */
  id?: string;
  value?: string | undefined;
  hint?: Child;
  placeholder?: string;
  required?: boolean;
  inputmode?: "numeric";
  autocapitalize?: "off";
  maxlength?: number;
  pattern?: string;
  title?: string;
}

/** A text of one line that no browser completes or corrects. */
export function TextField({ name, label, id = name, hint, ...own }: FieldProps) {
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input id={id} name={name} {...own} {...describedBy(id, hint)} autocomplete="off" spellcheck={false} />
      <Hint id={id} text={hint} />
    </div>
  );
}

/** A text of several lines, as high as its lines up to a number. */
export function TextArea(
  { name, label, id = name, hint, value = "", maxRows, ...own }: FieldProps & { maxRows: number },
) {
  const rows = Math.min(maxRows, Math.max(4, value.split("\n").length + 1));
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {/* It drops the line's end that it begins with. */}
      <textarea id={id} name={name} rows={rows} {...own} {...describedBy(id, hint)} spellcheck={false}>
        {`\n${value}`}
      </textarea>
      <Hint id={id} text={hint} />
    </div>
  );
}

function Hint({ id, text }: { id: string; text: Child }) {
  return text === undefined ? null : <p class="hint" id={`${id}-hint`}>{text}</p>;
}

function describedBy(id: string, hint: Child) {
  return hint === undefined ? {} : { "aria-describedby": `${id}-hint` };
}
