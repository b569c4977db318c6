import { sources } from '../../src/core/sources.ts';
import { count } from '../html/format.ts';
import type { Form } from '../panel/form.ts';
import type { PanelAction, PanelContext } from '../panel/panel.ts';
import { ReasonField } from '../panel/parts.tsx';

function targetOf(context: PanelContext, form: Form) {
  return { roomId: form.required('room'), ...context.requester(form.text('reason', 200)) };
}

const lock: PanelAction = {
  title: 'Lock',
  role: 'moderator',
  audit: 'own',
  async run(context, form) {
    await context.commands.setRoomLocked({ ...targetOf(context, form), locked: true });
    return { message: 'The room is locked: nobody new gets in.' };
  },
};

const unlock: PanelAction = {
  title: 'Unlock',
  role: 'moderator',
  audit: 'own',
  async run(context, form) {
    await context.commands.setRoomLocked({ ...targetOf(context, form), locked: false });
    return { message: 'The room is open again.' };
  },
};

const muteAll: PanelAction = {
  title: 'Mute all',
  role: 'moderator',
  audit: 'own',
  confirm: () => (
    <>
      <p>Mutes everyone except moderators, until each is allowed again.</p>
      <label class="field">
        <span>What</span>
        <select name="source">
          <option value="audio">microphones</option>
          <option value="video">cameras</option>
          <option value="screen">screens</option>
        </select>
      </label>
      <ReasonField />
    </>
  ),
  async run(context, form) {
    const source = sources.find((each) => each === form.raw('source')) ?? 'audio';
    const muted = await context.commands.muteAll({ ...targetOf(context, form), source });
    return { message: `${muted} muted.` };
  },
};

const close: PanelAction = {
  title: 'Close room',
  role: 'moderator',
  danger: true,
  audit: 'own',
  confirm: (_context, form) => (
    <>
      <p>
        The call in <b safe>{form.raw('room')}</b> ends for everyone. Anyone who connects again opens a new
        room.
      </p>
      <ReasonField />
    </>
  ),
  async run(context, form) {
    await context.commands.closeRoom(targetOf(context, form));
    return { message: `The room ${form.raw('room')} was closed.`, to: context.link('/rooms') };
  },
};

const notice: PanelAction = {
  title: 'Send notice',
  role: 'moderator',
  audit: 'own',
  confirm: () => (
    <label class="field">
      <span>Message to everyone in the room</span>
      <textarea name="message" maxlength="500" rows="3" required autofocus />
    </label>
  ),
  async run(context, form) {
    await context.commands.notice({ ...targetOf(context, form), message: form.text('message', 500) });
    return { message: 'The notice was sent.' };
  },
};

const move: PanelAction = {
  title: 'Move',
  role: 'admin',
  audit: 'own',
  confirm: (context, form) => {
    const current = context.monitor.room(form.raw('room'))?.workers[0];
    return (
      <>
        <p>Everyone's media is set up again on the other worker, with a short interruption.</p>
        <label class="field">
          <span>To</span>
          <select name="worker">
            {context.monitor.snapshot().workers.map(({ index, consumers }) => (
              <option value={String(index)} disabled={index === current} safe>
                {`worker ${index} (${count(consumers, 'consumer')})`}
              </option>
            ))}
          </select>
        </label>
        <ReasonField />
      </>
    );
  },
  async run(context, form) {
    const workerIndex = form.integer('worker', { from: 0, to: 511 });
    await context.commands.moveRoom({ ...targetOf(context, form), workerIndex });
    return { message: `The room moves to worker ${workerIndex}.` };
  },
};

const cap: PanelAction = {
  title: 'Cap bitrate',
  role: 'moderator',
  audit: 'own',
  confirm: (context, form) => {
    const current = context.monitor.room(form.raw('room'))?.bitrateCap ?? null;
    return (
      <>
        <label class="field">
          <span>Kilobits a second that each peer may send; 0 removes the cap</span>
          <input
            name="kilobits"
            type="number"
            min="0"
            max="100000"
            value={String((current ?? 0) / 1000)}
            required
            autofocus
          />
        </label>
        <ReasonField />
      </>
    );
  },
  async run(context, form) {
    const kilobits = form.integer('kilobits', { from: 0, to: 100_000 });
    const bitrate = kilobits === 0 ? null : kilobits * 1000;
    await context.commands.capBitrate({ ...targetOf(context, form), bitrate });
    return { message: bitrate === null ? 'The cap is gone.' : `Each peer sends at most ${kilobits} kbit/s.` };
  },
};

/** The actions on a whole room. */
export const roomActions = {
  lock,
  unlock,
  'mute-all': muteAll,
  close,
  notice,
  cap,
  move,
} as const satisfies Record<string, PanelAction>;
