import { type BanKind, banKinds } from '../../src/store/ban-kinds.ts';
import type { Ban } from '../../src/store/bans.ts';
import { live } from '../html/regions.ts';
import { type Row, Table } from '../html/table.tsx';
import { definePanel, type PanelAction, type PanelContext } from '../panel/panel.ts';
import { ActionLink, Badge, Empty, Moment, PageHead, ReasonField, SearchForm } from '../panel/parts.tsx';
import { DurationField, extentOf, readDuration } from './ban-fields.tsx';

const maxShown = 200;

const add: PanelAction = {
  title: 'Ban somebody',
  role: 'moderator',
  danger: true,
  audit: 'own',
  confirm: () => (
    <>
      <div class="pair">
        <label class="field">
          <span>Recognised by</span>
          <select name="kind">
            <option value="identity">identity (peer id)</option>
            <option value="token">token id</option>
            <option value="address">address</option>
          </select>
        </label>
        <label class="field">
          <span>Value</span>
          <input name="value" maxlength="128" required autofocus autocomplete="off" />
        </label>
      </div>
      <div class="pair">
        <label class="field">
          <span>Room (empty: the whole server)</span>
          <input name="room" maxlength="128" autocomplete="off" />
        </label>
        <DurationField />
      </div>
      <ReasonField />
    </>
  ),
  async run(context, form) {
    const milliseconds = readDuration(form);
    const reason = form.text('reason', 200);
    const requester = context.requester(reason);
    const kind = form.choice('kind', banKinds) as BanKind;
    const expiresAt = milliseconds === null ? null : context.now + milliseconds;
    const ban = {
      kind,
      value: form.required('value').trim(),
      roomId: form.raw('room').trim() || null,
      reason,
      by: requester.by,
      expiresAt,
    };
    await context.commands.ban(ban, requester);
    return { message: `${ban.value} is banned ${extentOf(ban.roomId, milliseconds)}.` };
  },
};

const lift: PanelAction = {
  title: 'Lift ban',
  role: 'moderator',
  audit: 'own',
  confirm: (context, form) => (
    <>
      <p>
        <b safe>{context.store.bans.get(form.raw('id'))?.value ?? 'They'}</b> may enter again. Tokens from
        before the removal stay invalid.
      </p>
      <ReasonField />
    </>
  ),
  async run(context, form) {
    await context.commands.liftBan(form.required('id'), context.requester(form.text('reason', 200)));
    return { message: 'The ban is lifted.' };
  },
};

/** The bans: who is banned, by whom, why and until when. */
export const bansPanel = definePanel({
  id: 'bans',
  title: 'Bans',
  icon: 'bans',
  path: '/bans',
  role: 'moderator',
  actions: { add, lift },
  view(context) {
    const text = context.query.get('q') ?? '';
    const bans = context.store.bans.list({ text, limit: maxShown });
    const note = bans.length === maxShown ? `the newest ${maxShown}; search for others` : '';
    return (
      <>
        <PageHead title="Bans" note={note}>
          <ActionLink context={context} panelId="bans" name="add" action={add} />
        </PageHead>
        <SearchForm context={context} path="/bans" label="Search bans" />
        {live('bans', <div id="bans">{table(context, bans, text)}</div>)}
      </>
    );
  },
});

function table(context: PanelContext, bans: readonly Ban[], text: string): JSX.Element {
  if (bans.length === 0 && text !== '')
    return (
      <Empty title="Nothing found" hint="Search for a part of who is banned, a room, a reason or by whom." />
    );
  if (bans.length === 0)
    return (
      <Empty
        title="Nobody is banned"
        hint="Ban a peer on its room's page, or anybody else with the button above."
      />
    );
  const columns = [
    ...['Who', 'From', 'Until', 'By', 'Why', 'State'].map((title) => ({ title })),
    { title: 'Actions', look: 'act', unseen: true } as const,
  ];
  return <Table label="Bans" columns={columns} rows={bans.map((ban) => row(context, ban))} />;
}

function row(context: PanelContext, ban: Ban): Row {
  const { id, kind, value, roomId, expiresAt, by, createdAt, reason, liftedAt } = ban;
  const holds = liftedAt === null && (expiresAt === null || expiresAt > context.now);
  const button = (
    <ActionLink context={context} panelId="bans" name="lift" action={lift} fields={{ id }} of={value} />
  );
  return {
    id: `ban-${id}`,
    cells: [
      {
        html: (
          <>
            <b safe>{value}</b>
            <span class="under" safe>
              {kind}
            </span>
          </>
        ),
      },
      roomId ?? 'the whole server',
      expiresAt === null ? 'for good' : { html: <Moment time={expiresAt} /> },
      {
        html: (
          <>
            <span safe>{by.id || by.kind}</span>
            <span class="under">
              <Moment time={createdAt} />
            </span>
          </>
        ),
      },
      reason,
      {
        html: holds ? (
          <Badge text="holds" tone="bad" />
        ) : (
          <Badge text={liftedAt === null ? 'over' : 'lifted'} />
        ),
      },
      holds ? { html: button } : '',
    ],
  };
}
