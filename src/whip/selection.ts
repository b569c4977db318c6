import { SfuError } from '../core/errors.ts';
import type { Publication } from '../sfu/rooms/publication.ts';
import type { Sfu } from '../sfu/sfu.ts';

/** Whether `?source=screen` asks for the shared screen instead of camera and microphone. @throws SfuError invalid_params */
export function asksForScreen({ searchParams }: URL): boolean {
  const source = searchParams.get('source');
  if (source === null || source === 'screen') return source === 'screen';
  throw new SfuError('invalid_params', 'source can only be "screen"; leave it out for camera and microphone');
}

/**
 * Selects what a player receives: camera and microphone, or with `?source=screen` the shared screen and its sound, of
 * the peer that `?peerId=` names, or else of the peer that has published for the longest time.
 * @throws SfuError not_live when there is nothing, so that the player asks again later; invalid_params
 */
export function selectPublications(sfu: Sfu, roomId: string, request: Request): Publication[] {
  const url = new URL(request.url);
  const peerId = url.searchParams.get('peerId');
  const screen = asksForScreen(url);
  const candidates = (sfu.rooms.get(roomId)?.publications ?? [])
    .filter(({ info }) => peerId === null || info.peerId === peerId)
    .filter(({ info }) => (info.source === 'screen') === screen)
    .toSorted((a, b) => a.info.openedAt - b.info.openedAt);
  const [first] = candidates;
  if (first) return candidates.filter(({ info }) => info.sessionId === first.info.sessionId);
  const who = peerId === null ? 'nobody' : `no peer "${peerId}"`;
  const what = screen ? 'a screen' : 'a camera or microphone';
  throw new SfuError('not_live', `${who} publishes ${what} in this room; ask again in a moment`);
}
