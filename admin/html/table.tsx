import { live } from './regions.ts';

/**
 * How a column looks: `number` is aligned right, `act` has buttons, `note` is less prominent, `code` is monospaced,
 * `wide` has a line of its own on a phone.
 */
type Look = 'number' | 'act' | 'note' | 'code' | 'wide';

export interface Column {
  readonly title: string;
  readonly look?: Look;
  /** Link that sorts by this column. */
  readonly href?: string;
  /** Set when the table is sorted by this column. */
  readonly sorted?: 'ascending' | 'descending' | undefined;
  /** The title is for screen readers only. */
  readonly unseen?: boolean;
}

/** The content of a cell: text, which is escaped, or elements. */
export type Cell = string | number | { readonly html: JSX.Element };

export interface Row {
  /** With an id, the row is a live region: it is updated on its own, and stays in its place while somebody points at it. */
  readonly id?: string;
  readonly cells: readonly Cell[];
}

export interface TableProps {
  /** What it lists, for screen readers. */
  readonly label: string;
  readonly columns: readonly Column[];
  readonly rows: readonly Row[];
  /** What a row says that has gone while somebody points at the table: `gone` by default. */
  readonly gone?: string;
}

/** A table with keyboard navigation. On a phone each row becomes a card with labelled cells. */
export function Table({ label, columns, rows, gone }: TableProps): JSX.Element {
  const sortable = columns.some(({ href }) => href !== undefined);
  return (
    <section class="table-frame" aria-label={label} tabindex="0">
      <table data-rows={label} data-gone={gone} class={sortable ? 'cards sortable' : 'cards'}>
        <thead>
          <tr>{columns.map(heading)}</tr>
        </thead>
        <tbody>
          {rows.map((row) =>
            row.id === undefined ? tableRow(columns, row) : live(row.id, tableRow(columns, row)),
          )}
        </tbody>
      </table>
    </section>
  );
}

function heading({ title, look, href, sorted, unseen }: Column): JSX.Element {
  const text = unseen ? (
    <span class="unseen" safe>
      {title}
    </span>
  ) : href === undefined ? (
    <span safe>{title}</span>
  ) : (
    <a href={href} safe>
      {title}
    </a>
  );
  return (
    <th scope="col" class={look} aria-sort={sorted}>
      {text as 'safe'}
    </th>
  );
}

function tableRow(columns: readonly Column[], { id, cells }: Row): JSX.Element {
  return (
    <tr id={id}>
      {cells.map((cell, index) => {
        const { title, look, unseen } = columns[index] ?? { title: '' };
        const shared = { class: look, 'data-label': unseen || index === 0 ? undefined : title };
        return typeof cell === 'object' ? (
          <td {...shared}>{cell.html as 'safe'}</td>
        ) : (
          <td {...shared} safe>
            {String(cell)}
          </td>
        );
      })}
    </tr>
  );
}

export interface PagerProps {
  readonly label: string;
  /** From 1. */
  readonly at: number;
  readonly pages: number;
  readonly to: (page: number) => string;
}

/** Links to the previous and the next page of a long list. */
export function Pager({ label, at, pages, to }: PagerProps): JSX.Element {
  if (pages <= 1) return '';
  return (
    <nav class="pager" aria-label={label}>
      {at > 1 ? (
        <a class="button" href={to(at - 1)} rel="prev">
          Previous
        </a>
      ) : (
        ''
      )}
      <span safe>{`Page ${at} of ${pages}`}</span>
      {at < pages ? (
        <a class="button" href={to(at + 1)} rel="next">
          Next
        </a>
      ) : (
        ''
      )}
    </nav>
  );
}

/** One page of a list, by a page number from the query. */
export function pageOf<T>(all: readonly T[], wanted: string | null, size: number) {
  const pages = Math.max(1, Math.ceil(all.length / size));
  const at = Math.min(pages, Math.max(1, Math.floor(Number(wanted)) || 1));
  return { at, pages, from: (at - 1) * size, shown: all.slice((at - 1) * size, at * size) };
}

/** A link to the rows before those that are shown, of a list that begins with the newest; none without `href`. */
export function Older({ label, href }: { label: string; href: string | undefined }): JSX.Element {
  if (href === undefined) return '';
  return (
    <nav class="pager" aria-label={label}>
      <a class="button" href={href} rel="next">
        Older
      </a>
    </nav>
  );
}
