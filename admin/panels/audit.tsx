import type { AuditEntry } from '../../src/store/audit.ts';
import { dateTime } from '../html/format.ts';
import { htmlId, live } from '../html/regions.ts';
import { Older, type Row, Table } from '../html/table.tsx';
import { definePanel, type PanelContext } from '../panel/panel.ts';
import { Badge, Empty, Moment, PageHead, SearchForm, type Tone } from '../panel/parts.tsx';

const pageSize = 100;

/** In a mesh with the node whose log it is in. */
type ShownEntry = AuditEntry & { readonly node?: string };

/** Who did what to whom, from where, why, and with what result. */
export const auditPanel = definePanel({
  id: 'audit',
  title: 'Audit',
  icon: 'audit',
  path: '/audit',
  role: 'moderator',
  prepare: read,
  view(context, { entries, older, silent }) {
    const { link, user } = context;
    const text = textOfQuery(context);
    return (
      <>
        <PageHead title="Audit" note={keptSince(context)}>
          {user.role === 'admin' ? (
            <a class="button" href={link('/export/audit.jsonl')} download="audit.jsonl">
              {context.monitor.nodes().length > 1 ? 'Export the log of this node' : 'Export as JSON lines'}
            </a>
          ) : (
            ''
          )}
        </PageHead>
        <SearchForm context={context} path="/audit" label="Search people, rooms, actions, reasons" />
        {silent.length > 0 ? (
          <p class="note" safe>{`${silent.join(', ')} did not answer: the entries there are missing.`}</p>
        ) : (
          ''
        )}
        {live('entries', <div id="entries">{table(entries, text)}</div>)}
        <Older
          label="Pages of the log"
          href={older === undefined ? undefined : link('/audit', { q: text, before: older })}
        />
      </>
    );
  },
});

const textOfQuery = ({ query }: PanelContext) => query.get('q') ?? '';

/** Entries of every node, and the `before` of older ones. */
async function read(context: PanelContext) {
  const { query, store, monitor } = context;
  const text = textOfQuery(context);
  const before = query.get('before');
  const gathered = await monitor.logs.audit({ text, roomId: null, limit: pageSize }, before);
  if (gathered) return gathered;
  const entries = store.audit.search({ text, before: Number(before) || undefined, limit: pageSize });
  const older = entries.length === pageSize ? entries.at(-1)?.id : undefined;
  return { entries, older, silent: [] };
}

/** Says so when older entries were deleted. */
function keptSince({ store }: PanelContext): string {
  const { completeSince } = store.audit;
  return completeSince === null ? '' : `since ${dateTime(completeSince)}; older entries were deleted`;
}

/** Entries as rows, the newest first. */
export function table(entries: readonly ShownEntry[], text = ''): JSX.Element {
  if (entries.length === 0) {
    return text === '' ? (
      <Empty title="No entries yet" hint="What moderators and admins do is recorded here." />
    ) : (
      <Empty title="Nothing found" hint="Search for a part of a name, a room, an action or a reason." />
    );
  }
  const columns = ['When', 'Who', 'Did', 'To', 'Why', 'Result'].map((title) => ({ title }));
  return <Table label="Audit log" columns={columns} rows={entries.map(row)} />;
}

function row(entry: ShownEntry): Row {
  const { id, time, by, address, action, roomId, peerId, details, reason, result, node } = entry;
  const ids = [roomId, peerId].filter((part) => part !== null).join(' / ');
  // Of a person the name as it was then; other entries may have a detail of that name too.
  const who = peerId === null ? '' : textOf(details.name);
  const more = Object.entries(details)
    .filter(([name]) => who === '' || name !== 'name')
    .map(([name, value]) => `${name}: ${detailText(name, value)}`);
  return {
    id: `audit-${node === undefined ? '' : `${htmlId('node', node)}-`}${id}`,
    cells: [
      { html: <Moment time={time} /> },
      {
        html: (
          <>
            <span safe>{by.id || by.kind}</span>
            <span
              class="under"
              safe
            >{`${by.kind}${address ? ` from ${address}` : ''}${node === undefined ? '' : `, on ${node}`}`}</span>
          </>
        ),
      },
      action,
      {
        html: (
          <>
            {who === '' ? '' : <b safe>{who}</b>}
            {who === '' ? <span safe>{ids}</span> : <Under text={ids} />}
            <Under text={more.join(', ')} />
          </>
        ),
      },
      reason,
      { html: <Badge text={result ?? 'in progress'} tone={resultTone(result)} /> },
    ],
  };
}

function Under({ text }: { text: string }): JSX.Element {
  return (
    <span class="under" safe>
      {text}
    </span>
  );
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function detailText(name: string, value: unknown): string {
  if (name === 'until') return value === null ? 'for good' : dateTime(Number(value)).slice(0, 16);
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function resultTone(result: string | null): Tone {
  if (result === null) return 'plain';
  return result.startsWith('done') ? 'good' : result.startsWith('failed') ? 'warn' : 'bad';
}
