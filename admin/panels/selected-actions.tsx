import type { PeerTarget } from '../../src/commands/commands.ts';
import { SfuError, toSfuError } from '../../src/core/errors.ts';
import { count } from '../html/format.ts';
import type { Form } from '../panel/form.ts';
import type { PanelAction, PanelContext } from '../panel/panel.ts';
import { ReasonField } from '../panel/parts.tsx';
import { BanFields, extentOfRequest, readBanRequest } from './ban-fields.tsx';
import { nameOf } from './quality.ts';
import { leftOver } from './removal.ts';
import { indexOf, peerOf } from './room-index.ts';

/** Acts on each selected peer. One that has left in the meantime is no error; `note` counts them. */
async function eachSelected<T>(
  context: PanelContext,
  form: Form,
  act: (target: PeerTarget) => Promise<T>,
): Promise<{ results: T[]; note: string }> {
  const roomId = form.required('room');
  const selected = form.all('peer');
  if (selected.length === 0) throw new SfuError('invalid_params', 'select at least one peer');
  const requester = context.requester(form.text('reason', 200));
  const settled = await Promise.allSettled(selected.map((peerId) => act({ roomId, peerId, ...requester })));
  const failed = settled.flatMap((each) => (each.status === 'rejected' ? [toSfuError(each.reason)] : []));
  const other = failed.find(({ code }) => code !== 'not_found');
  if (other) throw other;
  const results = settled.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  return { results, note: failed.length === 0 ? '' : ` ${failed.length} had left already.` };
}

function Selected({ context, form }: { context: PanelContext; form: Form }): JSX.Element {
  const ids = form.all('peer');
  if (ids.length === 0) return <p>Nobody is selected. Go back and tick at least one.</p>;
  const room = context.monitor.room(form.raw('room'));
  const names = ids.slice(0, 12).map((id) => {
    const peer = room && indexOf(room).byId.get(id);
    return peer ? nameOf(peer) : id;
  });
  return (
    <p>
      <span safe>{`${count(ids.length, 'peer')}: `}</span>
      <b safe>{names.join(', ')}</b>
      {ids.length > names.length ? ' and more' : ''}
    </p>
  );
}

const remove: PanelAction = {
  title: 'Remove selected',
  role: 'moderator',
  danger: true,
  audit: 'own',
  confirm: (context, form) => (
    <>
      <Selected context={context} form={form} />
      <ReasonField />
    </>
  ),
  async run(context, form) {
    const { results, note } = await eachSelected(context, form, (target) =>
      context.commands.removePeer(target),
    );
    const left = leftOver(results);
    return { message: `${count(results.length, 'peer')} removed.${note}${left}`, bad: left !== '' };
  },
};

const ban: PanelAction = {
  title: 'Ban selected',
  role: 'moderator',
  danger: true,
  audit: 'own',
  confirm: (context, form) => (
    <>
      <Selected context={context} form={form} />
      <BanFields token={true} />
      <ReasonField />
    </>
  ),
  async run(context, form) {
    const request = readBanRequest(form);
    const { results, note } = await eachSelected(context, form, (target) =>
      context.commands.removePeer(target, request),
    );
    const left = leftOver(results);
    return {
      message: `${count(results.length, 'peer')} removed and banned ${extentOfRequest(request, form.raw('room'))}.${note}${left}`,
      bad: left !== '',
    };
  },
};

const mute: PanelAction = {
  title: 'Mute selected',
  role: 'moderator',
  audit: 'own',
  confirm: (context, form) => (
    <>
      <Selected context={context} form={form} />
      <p>Their microphones are muted until each is allowed again.</p>
      <ReasonField />
    </>
  ),
  async run(context, form) {
    const { results, note } = await eachSelected(context, form, (target) => muteMicrophones(context, target));
    return {
      message: `${count(
        results.reduce((sum, each) => sum + each, 0),
        'microphone',
      )} muted.${note}`,
    };
  },
};

/** @returns how many microphones of the peer were open */
async function muteMicrophones(context: PanelContext, target: PeerTarget): Promise<number> {
  const { commands } = context;
  const peer = peerOf(context, target.roomId, target.peerId);
  if (!peer) throw new SfuError('not_found', `there is no peer "${target.peerId}"`);
  const open = peer.producers.filter(
    ({ source, pausedBy }) => source === 'audio' && !pausedBy.includes('moderator'),
  );
  for (const { id } of open) await commands.muteProducer({ ...target, producerId: id });
  return open.length;
}

const notice: PanelAction = {
  title: 'Notice to selected',
  role: 'moderator',
  audit: 'own',
  confirm: (context, form) => (
    <>
      <Selected context={context} form={form} />
      <label class="field">
        <span>Message</span>
        <textarea name="message" maxlength="500" rows="3" required autofocus />
      </label>
    </>
  ),
  async run(context, form) {
    const message = form.text('message', 500);
    const { results, note } = await eachSelected(context, form, (target) =>
      context.commands.notice({ ...target, message }),
    );
    return { message: `The notice was sent to ${count(results.length, 'peer')}.${note}` };
  },
};

/** The actions on several peers of a room at once. */
export const selectedActions = {
  'mute-selected': mute,
  'notice-selected': notice,
  'remove-selected': remove,
  'ban-selected': ban,
} as const satisfies Record<string, PanelAction>;
