/**
 * Parts of a page that change alone. A view marks them with `live`; the stream renders the view again, compares each
 * part with what the browser has, and sends only those that differ.
 */

const opening = /<!--live:([A-Za-z0-9_-]+)-->/;

/**
 * Marks an element as a part that is sent alone when it changes. The element must carry the same id. Texts in a page
 * are escaped, so that nobody can write such a mark.
 */
export function live(id: string, element: JSX.Element): JSX.Element {
  const mark = (html: string) => `<!--live:${id}-->${html}<!--/live:${id}-->`;
  return typeof element === 'string' ? mark(element) : element.then(mark);
}

/** An HTML id for something with a name that may hold anything. */
export function htmlId(prefix: string, ...names: string[]): string {
  return `${prefix}-${Bun.hash(names.join('\n')).toString(36)}`;
}

/** A part with its inner parts taken out: `html` holds a mark where each of them was. */
export interface Region {
  readonly id: string;
  readonly html: string;
  readonly inner: readonly Region[];
}

/** Takes a rendered view apart. The outermost region has an empty id. */
export function splitRegions(html: string, id = ''): Region {
  const inner: Region[] = [];
  let rest = html;
  let own = '';
  for (let found = opening.exec(rest); found; found = opening.exec(rest)) {
    const [mark, innerId = ''] = found;
    const closing = `<!--/live:${innerId}-->`;
    const end = rest.indexOf(closing, found.index);
    if (end < 0) break;
    own += `${rest.slice(0, found.index)}<!--in:${innerId}-->`;
    inner.push(splitRegions(rest.slice(found.index + mark.length, end), innerId));
    rest = rest.slice(end + closing.length);
  }
  return { id, html: own + rest, inner };
}

/** The HTML of a region without any marks. */
export function joinRegions({ html, inner }: Region): string {
  return inner.reduce(
    (text, region) => text.replace(`<!--in:${region.id}-->`, () => joinRegions(region)),
    html,
  );
}

/** The regions that must be sent to bring a browser from one state to another, each with all that is in it. */
export function changedRegions(before: Region, after: Region): Region[] {
  if (before.html !== after.html) return [after];
  const known = new Map(before.inner.map((region) => [region.id, region]));
  return after.inner.flatMap((region) => {
    const old = known.get(region.id);
    return old ? changedRegions(old, region) : [region];
  });
}
