/**
 * Regions are parts of a page that are updated on their own. A view marks them with `live`; the stream renders the view
 * again, compares each region with what the browser has, and sends only those that differ.
 */

const opening = /<!--live:([A-Za-z0-9_-]+)-->/;

/** Where an inner region belongs. */
const placed = /<!--in:([A-Za-z0-9_-]+)-->/g;

/**
 * Marks an element as a region. The element must have the same id. Text in a page is escaped, so that users cannot
 * forge such a mark.
 */
export function live(id: string, element: JSX.Element): JSX.Element {
  const mark = (html: string) => `<!--live:${id}-->${html}<!--/live:${id}-->`;
  return typeof element === 'string' ? mark(element) : element.then(mark);
}

/** An HTML id made from names, which may contain any characters. */
export function htmlId(prefix: string, ...names: string[]): string {
  return `${prefix}-${Bun.hash(names.join('\n')).toString(36)}`;
}

/** A region without its inner regions: `html` has a mark in the place of each. */
export interface Region {
  readonly id: string;
  readonly html: string;
  readonly inner: readonly Region[];
}

/** Splits a rendered view into its regions. The outermost one has an empty id. */
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

/** The HTML of a region with its inner regions, without marks. */
export function joinRegions({ html, inner }: Region): string {
  if (inner.length === 0) return html;
  const byId = new Map(inner.map((region) => [region.id, region]));
  return html.replace(placed, (mark, id: string) => {
    const region = byId.get(id);
    return region ? joinRegions(region) : mark;
  });
}

/** The regions to send to a browser that shows `before`, so that it shows `after`. */
export function changedRegions(before: Region, after: Region): Region[] {
  if (before.html !== after.html) return [after];
  const known = new Map(before.inner.map((region) => [region.id, region]));
  return after.inner.flatMap((region) => {
    const old = known.get(region.id);
    return old ? changedRegions(old, region) : [region];
  });
}
