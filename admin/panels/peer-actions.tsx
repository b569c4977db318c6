import type { Form } from '../panel/form.ts';
import type { PanelAction, PanelContext } from '../panel/panel.ts';
import { ReasonField } from '../panel/parts.tsx';
import { BanFields, extentOfRequest, readBanRequest } from './ban-fields.tsx';
import { capture } from './capture.tsx';
import { leftOver } from './removal.ts';
import { peerOf } from './room-index.ts';
import { shownName } from './shown-name.ts';

/** The peer that an action is for, and who asks, with the reason. */
function targetOf(context: PanelContext, form: Form) {
  const roomId = form.required('room');
  const peerId = form.required('peer');
  return { roomId, peerId, ...context.requester(form.text('reason', 200)) };
}

/** Leads from the page of a removed peer, which has nothing to show any more, to that of its room. */
function leavePeerPage(context: PanelContext, form: Form): { to?: string } {
  return form.raw('from') === 'peer' ? { to: context.link('/room', { room: form.raw('room') }) } : {};
}

const remove: PanelAction = {
  title: 'Remove',
  role: 'moderator',
  danger: true,
  audit: 'own',
  confirm: (context, form) => (
    <>
      <p>
        <b safe>{shownName(context, form)}</b> is removed from <b safe>{form.raw('room')}</b> at once.{' '}
        {context.config.developmentMode
          ? 'This server uses no tokens, so they can come back at once: ban them to keep them out.'
          : 'Tokens issued until now become invalid; with a new one they can come back.'}
      </p>
      <ReasonField />
    </>
  ),
  async run(context, form) {
    const name = shownName(context, form);
    const left = leftOver([await context.commands.removePeer(targetOf(context, form))]);
    const done = left === '' ? ': socket and transports are closed, and nobody receives them.' : `.${left}`;
    return { message: `${name} was removed${done}`, bad: left !== '', ...leavePeerPage(context, form) };
  },
};

const ban: PanelAction = {
  title: 'Remove and ban',
  role: 'moderator',
  danger: true,
  audit: 'own',
  confirm: (context, form) => {
    const peer = peerOf(context, form.raw('room'), form.raw('peer'));
    return (
      <>
        <p>
          <b safe>{shownName(context, form)}</b> is removed and cannot come back.
        </p>
        <BanFields token={peer?.tokenId !== null && peer?.tokenId !== undefined} />
        <ReasonField />
      </>
    );
  },
  async run(context, form) {
    const name = shownName(context, form);
    const request = readBanRequest(form);
    const left = leftOver([await context.commands.removePeer(targetOf(context, form), request)]);
    return {
      message: `${name} was removed and is banned ${extentOfRequest(request, form.raw('room'))}.${left}`,
      bad: left !== '',
      ...leavePeerPage(context, form),
    };
  },
};

const mute: PanelAction = {
  title: 'Mute',
  role: 'moderator',
  audit: 'own',
  async run(context, form) {
    await context.commands.muteProducer({
      ...targetOf(context, form),
      producerId: form.required('producer'),
    });
    return { message: `${shownName(context, form)} was muted.` };
  },
};

const allow: PanelAction = {
  title: 'Allow',
  role: 'moderator',
  audit: 'own',
  async run(context, form) {
    await context.commands.allowProducer({
      ...targetOf(context, form),
      producerId: form.required('producer'),
    });
    return { message: `${shownName(context, form)} may resume.` };
  },
};

const stopPublishing: PanelAction = {
  title: 'Stop publishing',
  role: 'moderator',
  audit: 'own',
  confirm: (context, form) => (
    <>
      <p>
        Everything that <b safe>{shownName(context, form)}</b> sends is stopped, and they cannot publish until
        that is allowed again. They still see and hear the others.
      </p>
      <ReasonField />
    </>
  ),
  async run(context, form) {
    await context.commands.setPublish({ ...targetOf(context, form), publish: false });
    return { message: `${shownName(context, form)} may not publish any more.` };
  },
};

const allowPublishing: PanelAction = {
  title: 'Allow publishing',
  role: 'moderator',
  audit: 'own',
  async run(context, form) {
    await context.commands.setPublish({ ...targetOf(context, form), publish: { ofGranted: true } });
    return { message: `${shownName(context, form)} may publish again.` };
  },
};

const notice: PanelAction = {
  title: 'Send notice',
  role: 'moderator',
  audit: 'own',
  confirm: (context, form) => (
    <label class="field">
      <span safe>{`Message to ${shownName(context, form)}`}</span>
      <textarea name="message" maxlength="500" rows="3" required autofocus />
    </label>
  ),
  async run(context, form) {
    await context.commands.notice({ ...targetOf(context, form), message: form.text('message', 500) });
    return { message: `The notice was sent to ${shownName(context, form)}.` };
  },
};

/** The actions on one peer. */
export const peerActions = {
  remove,
  ban,
  mute,
  allow,
  'stop-publishing': stopPublishing,
  'allow-publishing': allowPublishing,
  'peer-notice': notice,
  capture,
} as const satisfies Record<string, PanelAction>;
