import type { Config } from '../config/config.ts';
import { SfuError } from '../core/errors.ts';
import type { Identity } from '../core/grants.ts';
import type { Sfu } from '../sfu/sfu.ts';
import { acceptAnswer } from './accept.ts';
import { WhipSession } from './session.ts';
import { openViewer } from './watch.ts';

/** What a moderator wants to watch in the dashboard. Whoever calls has checked the right to it. */
export interface DashboardView {
  readonly roomId: string;
  /** The peer to watch; without one, the peer that has published for the longest time. */
  readonly peerId?: string;
  readonly screen: boolean;
  /** The browser's SDP offer. */
  readonly offer: string;
  /** What the room sees of the watching peer. */
  readonly displayName: string;
  /** Nobody in the room sees it. */
  readonly hidden: boolean;
}

/** A view that is open: one peer of its room, which leaves when the view ends. */
export interface OpenDashboardView {
  /** SDP for the browser to answer. */
  readonly counterOffer: string;
  /** Who is watched. */
  readonly watchedPeerId: string;
  answer(text: string): Promise<void>;
  end(detail: string): void;
  /** Runs the task when the view ends; at once when it has ended. */
  onEnd(task: () => void): void;
}

/**
 * Opens what a player of WHEP opens, for a moderator in the dashboard, who has no token. It may enter a locked or a full
 * room, as moderators may, and it is no session of WHEP: no address leads to it from outside.
 * @throws SfuError not_live, unacceptable_offer, invalid_sdp, and what entering a room throws
 */
export async function openDashboardView(
  { sfu, config }: { readonly sfu: Sfu; readonly config: Pick<Config, 'whipConnectSeconds'> },
  view: DashboardView,
): Promise<OpenDashboardView> {
  const { roomId, peerId, screen, offer, displayName, hidden } = view;
  const session = new WhipSession({ kind: 'whep', roomId, connectSeconds: config.whipConnectSeconds });
  const own = `watch-${crypto.randomUUID()}`;
  const grants = { publish: false, subscribe: true, moderate: true, hidden };
  // Without an address: a ban of the moderator's own address must not keep moderators out.
  const identity: Identity = {
    roomId,
    peerId: own,
    subject: own,
    displayName,
    metadata: {},
    grants,
    address: '',
  };
  const url = new URL('http://dashboard/?offer=server');
  if (peerId !== undefined) url.searchParams.set('peerId', peerId);
  if (screen) url.searchParams.set('source', 'screen');
  const request = new Request(url, { headers: { 'user-agent': 'Dashboard' } });
  const { description } = await openViewer({ sfu, identity, request, text: offer, session });
  const [subscription] = session.subscriptions.values();
  if (!subscription) throw new SfuError('gone', 'what you watch has just ended; try again');
  return {
    counterOffer: description,
    watchedPeerId: subscription.publication.info.peerId,
    answer: async (text) => void (await acceptAnswer(session, text)),
    end: (detail) => session.leave(detail),
    onEnd: (task) => session.onEnd(task),
  };
}
