import { type CaptureState, captureContents, mostCaptureSeconds } from '../../src/commands/captures.ts';
import { SfuError } from '../../src/core/errors.ts';
import { hasRole } from '../../src/store/roles.ts';
import { live } from '../html/regions.ts';
import type { PanelAction, PanelContext } from '../panel/panel.ts';
import { ReasonField } from '../panel/parts.tsx';
import { shownName } from './shown-name.ts';

const captions = {
  headers: 'RTP headers, without content',
  packets: 'packets with sound and picture',
} as const;

/** Captures what a peer sends into a file for Wireshark. */
export const capture: PanelAction = {
  title: 'Capture',
  role: 'admin',
  audit: 'own',
  confirm: (context, form) => (
    <>
      <p>
        What <b safe>{shownName(context, form)}</b> sends is written into a file for Wireshark, of at most 16
        MiB. They are not told; the audit log has it.
      </p>
      <label class="field">
        <span>Keep</span>
        <select name="content">
          {captureContents.map((content) => (
            <option value={content} safe>
              {captions[content]}
            </option>
          ))}
        </select>
      </label>
      <label class="field">
        <span safe>{`Seconds, at most ${mostCaptureSeconds}`}</span>
        <input name="seconds" type="number" min="1" max={mostCaptureSeconds} value="10" required />
      </label>
      <ReasonField silent />
    </>
  ),
  async run(context, form) {
    if (!context.captures) throw new SfuError('not_found', 'this dashboard cannot capture');
    const seconds = form.integer('seconds', { from: 1, to: mostCaptureSeconds });
    await context.captures.start({
      roomId: form.required('room'),
      peerId: form.required('peer'),
      content: form.choice('content', captureContents),
      seconds,
      ...context.requester(form.text('reason', 200)),
    });
    return { message: `The capture runs for ${seconds} seconds; its file is on the page of the peer.` };
  },
};

/** The last capture of a peer, for those who may fetch its file. */
export async function lastCapture(
  { captures, user }: PanelContext,
  peer: { roomId: string; peerId: string },
): Promise<CaptureState | undefined> {
  return hasRole(user.role, 'admin') ? await captures?.lastOf(peer.roomId, peer.peerId) : undefined;
}

/** Its file, on the page of the peer. */
export function CaptureFile({
  context,
  last,
}: {
  context: PanelContext;
  last: CaptureState | undefined;
}): JSX.Element {
  return live('capture', <div id="capture">{last ? <Line context={context} last={last} /> : ''}</div>);
}

function Line({ context, last }: { context: PanelContext; last: CaptureState }): JSX.Element {
  const { id, end, packets, bytes } = last;
  const state = end === null ? 'A capture runs' : 'A capture is ready';
  return (
    <p class="note">
      <span safe>{`${state}: ${packets} packets, ${Math.ceil(bytes / 1024)} KiB. `}</span>
      <a href={context.link('/export/capture.pcap', { id })} download="capture.pcap">
        Download
      </a>
    </p>
  );
}
