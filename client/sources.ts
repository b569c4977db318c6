import type { types } from 'mediasoup-client';
import { ClientError } from './errors.ts';
import type { ServerSource } from './protocol.ts';

/** What a track shows. */
export type TrackSource = 'microphone' | 'camera' | 'screen' | 'screenAudio';

/** The server's names: a screen and its sound are one source to it. */
export const serverSources: Readonly<Record<TrackSource, ServerSource>> = {
  microphone: 'audio',
  camera: 'video',
  screen: 'screen',
  screenAudio: 'screen',
};

/** The `appData` that the server and other clients read; `share` is for clients that do not know `source`. */
export function appDataOf(source: TrackSource): Record<string, unknown> {
  switch (source) {
    case 'microphone':
      return { source: 'audio' };
    case 'camera':
      return { source: 'video' };
    case 'screen':
    case 'screenAudio':
      return { source: 'screen', share: true };
  }
}

/** As the server reads it: screen, screenAudio, screensharing, share, desktop, display. */
const screenName = /^(screen|share|desktop|display)/i;

/** Reads the source of a track of any client. */
export function sourceOf(kind: types.MediaKind, appData: Readonly<Record<string, unknown>>): TrackSource {
  const named = typeof appData.source === 'string' && screenName.test(appData.source);
  const screen = named || appData.share === true;
  if (kind === 'audio') return screen ? 'screenAudio' : 'microphone';
  return screen ? 'screen' : 'camera';
}

export function kindOf(source: TrackSource): types.MediaKind {
  return source === 'microphone' || source === 'screenAudio' ? 'audio' : 'video';
}

/** @throws ClientError unsupported for a track that cannot be that */
export function requireKind(source: TrackSource, { kind }: Pick<MediaStreamTrack, 'kind'>): void {
  if (kind === kindOf(source)) return;
  throw new ClientError('unsupported', `${source} wants a ${kindOf(source)} track, this is ${kind}`);
}
