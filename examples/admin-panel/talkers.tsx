/** @jsxImportSource @kitajs/html */
import { ActionLink, definePanel, live, type PanelAction } from 'tureen/admin';

const thank: PanelAction = {
  title: 'Thank',
  role: 'moderator',
  confirm: (_context, form) => <p safe>{`Send thanks to everyone in ${form.raw('room')}?`}</p>,
  async run({ commands, requester }, form) {
    await commands.notice({ roomId: form.required('room'), message: 'Thank you all!', ...requester() });
    return { message: 'Everyone was thanked.' };
  },
};

/** Shows who speaks in every room: TUREEN_ADMIN_PANELS=./examples/admin-panel/talkers.tsx bun start */
export default definePanel({
  id: 'talk',
  title: 'Talkers',
  path: '/talkers',
  role: 'viewer',
  actions: { thank },
  view: (context) =>
    live(
      'talkers',
      <div id="talkers">
        <h1>Talkers</h1>
        {context.monitor.snapshot().rooms.map(({ id, speaking }) => (
          <p>
            <span safe>{`${id}: ${speaking.map(({ peerId }) => peerId).join(', ') || 'silence'} `}</span>
            <ActionLink context={context} panelId="talk" name="thank" action={thank} fields={{ room: id }} />
          </p>
        ))}
      </div>,
    ),
});
