import { SfuError } from '../core/errors.ts';
import type { Publication } from '../sfu/rooms/publication.ts';
import type { Sfu } from '../sfu/sfu.ts';

/**
 * What a player gets to see: of the peer that `?peerId=` names, else of the one that has been sending for the longest
 * time; camera and microphone, or with `?source=screen` the shared screen and its sound.
 * @throws SfuError not_live, with which a player asks again later; invalid_params
 */
export function chosenPublications(sfu: Sfu, roomId: string, request: Request): Publication[] {
  const { searchParams } = new URL(request.url);
  const peerId = searchParams.get('peerId');
  const source = searchParams.get('source');
  if (source !== null && source !== 'screen')
    throw new SfuError('invalid_params', 'source can be "screen"; leave it out for camera and microphone');
  const all = sfu.rooms.get(roomId)?.publications ?? [];
  const wanted = all
    .filter(({ info }) => peerId === null || info.peerId === peerId)
    .filter(({ info }) => (info.source === 'screen') === (source === 'screen'))
    .toSorted((a, b) => a.info.openedAt - b.info.openedAt);
  const [first] = wanted;
  if (first) return wanted.filter(({ info }) => info.sessionId === first.info.sessionId);
  const who = peerId === null ? 'nobody' : `"${peerId}" is not there, or nothing of that peer`;
  throw new SfuError('not_live', `${who} is sent in this room; ask again in a moment`);
}
