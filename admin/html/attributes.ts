const tag = /<\/?[a-zA-Z](?:"[^"]*"|[^">])*>/g;
const quoted = /"[^"]*"/g;

/**
 * Escapes < and > in attribute values. The JSX library escapes only the quotes there, which HTML allows. But htmx
 * searches the text of a response for `<hx-...` before it parses it, and the stream searches for the marks of `live`: a
 * name in an attribute must not look like either.
 */
export function escapeAttributes(html: string): string {
  return html.replaceAll(tag, (found) =>
    found.replaceAll(quoted, (value) =>
      /[<>]/.test(value) ? value.replaceAll('<', '&lt;').replaceAll('>', '&gt;') : value,
    ),
  );
}
