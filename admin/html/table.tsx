import { live } from './regions.ts';

/**
 * How a column looks: numbers stand right, `act` holds buttons, `note` is said in passing, `code` is typed, `wide` has a
 * line of its own on a phone.
 */
type Look = 'number' | 'act' | 'note' | 'code' | 'wide';

export interface Column {
  readonly title: string;
  readonly look?: Look;
  /** Sorts by this column. */
  readonly href?: string;
  /** The table is sorted by it. */
  readonly sorted?: 'ascending' | 'descending' | undefined;
  /** The title is only for those who listen. */
  readonly unseen?: boolean;
}

/** What stands in a cell: a text, which is escaped, or elements. */
export type Cell = string | number | { readonly html: JSX.Element };

export interface Row {
  /** With an id the row is sent alone when it changes. */
  readonly id?: string;
  readonly cells: readonly Cell[];
}

export interface TableProps {
  /** What it lists, for those who listen. */
  readonly label: string;
  readonly columns: readonly Column[];
  readonly rows: readonly Row[];
}

/** A table that the keys move in. On a phone each row becomes a card that names its cells. */
export function Table({ label, columns, rows }: TableProps): JSX.Element {
  const sortable = columns.some(({ href }) => href !== undefined);
  return (
    <section class="table-frame" aria-label={label} tabindex="0">
      <table data-rows class={sortable ? 'cards sortable' : 'cards'}>
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

/** Leads through the pages of a list that is too long for one. */
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

/** One page of a list, by the number that an address carries. */
export function pageOf<T>(all: readonly T[], wanted: string | null, size: number) {
  const pages = Math.max(1, Math.ceil(all.length / size));
  const at = Math.min(pages, Math.max(1, Math.floor(Number(wanted)) || 1));
  return { at, pages, from: (at - 1) * size, shown: all.slice((at - 1) * size, at * size) };
}
