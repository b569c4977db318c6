const tag = /<\/?[a-zA-Z](?:"[^"]*"|[^">])*>/g;
const quoted = /"[^"]*"/g;

/**
 * Escapes what stands in quotes inside of tags. The JSX library escapes the quotes there and leaves < and > alone, which
 * HTML allows. But htmx looks for `<hx-...` in the text of an answer before it parses it, and `live` for its marks: a name
 * in an attribute must look like neither.
 */
export function escapeAttributes(html: string): string {
  return html.replaceAll(tag, (found) =>
    found.replaceAll(quoted, (value) =>
      /[<>]/.test(value) ? value.replaceAll('<', '&lt;').replaceAll('>', '&gt;') : value,
    ),
  );
}
