import type { Config } from '../../src/config/config.ts';
import { SfuError } from '../../src/core/errors.ts';
import type { DeadLetter, DeadLetterSearch } from '../../src/store/webhook-dead-letters.ts';
import type { ReceiverState } from '../../src/store/webhook-outbox.ts';
import { count, duration } from '../html/format.ts';
import { htmlId, live } from '../html/regions.ts';
import { type Column, Older, type Row, Table } from '../html/table.tsx';
import type { Form } from '../panel/form.ts';
import { type ActionResult, definePanel, type PanelAction, type PanelContext } from '../panel/panel.ts';
import { ActionLink, Badge, Empty, Moment, PageHead, type Tone } from '../panel/parts.tsx';

const pageSize = 100;

/** The dead letters that a form selects: one by its id, or all of a receiver. */
function readSearch(form: Form): DeadLetterSearch {
  if (form.has('id')) return { ids: [form.integer('id', { from: 1, to: Number.MAX_SAFE_INTEGER })] };
  return { receiver: form.required('receiver') };
}

/** @throws SfuError not_found when there were none */
function resultOf(howMany: number, what: string): ActionResult {
  if (howMany > 0) return { message: `${count(howMany, 'dead letter')} ${what}.` };
  throw new SfuError('not_found', 'they are gone already: replayed, discarded or deleted for their age');
}

const replay: PanelAction = {
  title: 'Replay',
  role: 'admin',
  run: ({ store }, form) => resultOf(store.webhooks.replay(readSearch(form)), 'will be sent again'),
};

const discard: PanelAction = {
  title: 'Discard',
  role: 'admin',
  danger: true,
  confirm: (_, form) => (
    <p>
      {form.has('id') ? (
        'This dead letter is'
      ) : (
        <>
          All dead letters for <b safe>{form.raw('receiver')}</b> are
        </>
      )}{' '}
      deleted for good. The receiver never gets the events.
    </p>
  ),
  run: ({ store }, form) => resultOf(store.webhooks.deadLetters.discard(readSearch(form)), 'discarded'),
};

const resume: PanelAction = {
  title: 'Resume',
  role: 'admin',
  run({ store }, form) {
    const receiver = form.required('receiver');
    store.webhooks.resume(receiver);
    return { message: `${receiver} is sent events again, from the next one on.` };
  },
};

/** The receivers of webhooks, the state of their deliveries, and dead letters. */
export const webhooksPanel = definePanel({
  id: 'webhooks',
  title: 'Webhooks',
  path: '/webhooks',
  role: 'viewer',
  actions: { replay, discard, resume },
  view(context) {
    const { config, store, query, link } = context;
    const before = Number(query.get('before')) || undefined;
    const letters = store.webhooks.deadLetters.list({ limit: pageSize, before });
    const last = letters.at(-1);
    return (
      <>
        <PageHead title="Webhooks" />
        {live('receivers', <div id="receivers">{receivers(context, config.webhooks ?? [])}</div>)}
        <h2>Dead letters</h2>
        {live('letters', <div id="letters">{table(context, letters)}</div>)}
        <Older
          label="Pages of dead letters"
          href={letters.length === pageSize && last ? link('/webhooks', { before: last.id }) : undefined}
        />
      </>
    );
  },
});

type Configured = NonNullable<Config['webhooks']>[number];

interface Receiver {
  readonly name: string;
  /** Undefined for one that is not configured any more but still has dead letters. */
  readonly configured: Configured | undefined;
  readonly state: ReceiverState | undefined;
}

function receivers(context: PanelContext, configured: readonly Configured[]): JSX.Element {
  const states = new Map(context.store.webhooks.states().map((state) => [state.name, state]));
  const left = [...states.values()].filter(
    ({ name, dead }) => dead > 0 && !configured.some((each) => each.name === name),
  );
  const rows: Receiver[] = [
    ...configured.map((each) => ({ name: each.name, configured: each, state: states.get(each.name) })),
    ...left.map((state) => ({ name: state.name, configured: undefined, state })),
  ];
  if (rows.length === 0)
    return <Empty title="No receivers" hint="TUREEN_WEBHOOKS lists the programs that events are sent to." />;
  return (
    <Table label="Receivers" columns={receiverColumns} rows={rows.map((row) => receiverRow(context, row))} />
  );
}

const receiverColumns: readonly Column[] = [
  { title: 'Receiver' },
  { title: 'State' },
  { title: 'Waiting', look: 'number' },
  { title: 'Last delivered', look: 'note' },
  { title: 'Last failure' },
  { title: 'Dead letters', look: 'number' },
  { title: 'Actions', look: 'act', unseen: true },
];

function receiverRow(context: PanelContext, row: Receiver): Row {
  const { name, configured, state } = row;
  const [text, tone] = condition(context, row);
  const { waiting = 0, oldestAt = null, deliveredAt = null, failedAt = null, dead = 0 } = state ?? {};
  return {
    id: htmlId('receiver', name),
    cells: [
      { html: twoLines(name, configured ? new URL(configured.url).origin : 'not configured any more') },
      { html: <Badge text={text} tone={tone} /> },
      {
        html: twoLines(String(waiting), oldestAt === null ? '' : `for ${duration(context.now - oldestAt)}`),
      },
      deliveredAt === null ? '–' : { html: <Moment time={deliveredAt} /> },
      failedAt === null ? '–' : { html: momentAnd(failedAt, state?.error ?? '') },
      dead,
      {
        html: (
          <>
            {text === 'gone' ? button(context, 'resume', resume, { receiver: name }) : ''}
            {dead > 0 ? button(context, 'replay', replay, { receiver: name }, 'Replay all') : ''}
            {dead > 0 ? button(context, 'discard', discard, { receiver: name }, 'Discard all') : ''}
          </>
        ),
      },
    ],
  };
}

function twoLines(first: string, second: string): JSX.Element {
  return (
    <>
      <span safe>{first}</span>
      <span class="under" safe>
        {second}
      </span>
    </>
  );
}

function momentAnd(time: number, text: string): JSX.Element {
  return (
    <>
      <Moment time={time} />
      <span class="under" safe>
        {text}
      </span>
    </>
  );
}

function condition(
  { store }: PanelContext,
  { name, configured, state }: Receiver,
): [text: string, tone: Tone] {
  if (!configured) return ['removed', 'plain'];
  if (store.webhooks.isGone(name, new URL(configured.url).href)) return ['gone', 'bad'];
  const { deliveredAt = null, failedAt = null } = state ?? {};
  if (deliveredAt === null && failedAt === null) return ['nothing sent yet', 'plain'];
  return (failedAt ?? 0) > (deliveredAt ?? 0) ? ['failing', 'warn'] : ['delivered', 'good'];
}

function table(context: PanelContext, letters: readonly DeadLetter[]): JSX.Element {
  if (letters.length === 0)
    return (
      <Empty
        title="No dead letters"
        hint="Events that a receiver does not accept in time are kept here for 30 days and can be sent again."
      />
    );
  return (
    <Table
      label="Dead letters"
      columns={letterColumns}
      rows={letters.map((letter) => letterRow(context, letter))}
    />
  );
}

const letterColumns: readonly Column[] = [
  { title: 'Happened', look: 'note' },
  { title: 'Event' },
  { title: 'For' },
  { title: 'Given up', look: 'wide' },
  { title: 'Actions', look: 'act', unseen: true },
];

function letterRow(context: PanelContext, letter: DeadLetter): Row {
  const { id, receiver, eventId, type, roomId, createdAt, diedAt, attempts, error } = letter;
  return {
    id: `letter-${id}`,
    cells: [
      { html: <Moment time={createdAt} /> },
      { html: twoLines(type, roomId === null ? eventId : `${eventId} in ${roomId}`) },
      receiver,
      { html: momentAnd(diedAt, `${error}, after ${count(attempts, 'attempt')}`) },
      {
        html: (
          <>
            {button(context, 'replay', replay, { id })}
            {button(context, 'discard', discard, { id })}
          </>
        ),
      },
    ],
  };
}

function button(
  context: PanelContext,
  name: string,
  action: PanelAction,
  fields: { readonly receiver?: string; readonly id?: number },
  caption = action.title,
): JSX.Element {
  const of = fields.receiver ?? `dead letter ${fields.id}`;
  return <ActionLink {...{ context, panelId: 'webhooks', name, action, fields, caption, of }} />;
}
