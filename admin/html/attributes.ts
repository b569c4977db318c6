const tag = /<\/?[a-zA-Z](?:"[^"]*"|[^">])*>/g;
const quoted = /"[^"]*"/g;

/**
 * Escapes < and > in attribute values. The JSX library escapes only the quotes there, which HTML allows. But htmx
 * searches the text of a response for `<hx-...` before it parses it, and the stream searches for the marks of `live`: a
 * name in an attribute must not look like either.
 */
export function escapeAttributes(html: string): string {
  return html.replace(tag, (found) => {
    // Most tags have neither but at their ends.
    if (found.lastIndexOf('<') === 0 && found.indexOf('>') === found.length - 1) return found;
    return found.replace(quoted, (value) => value.replaceAll('<', '&lt;').replaceAll('>', '&gt;'));
  });
}
