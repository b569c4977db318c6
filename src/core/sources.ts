/** What a track is. */
export const mediaKinds = ['audio', 'video'] as const;
export type MediaKind = (typeof mediaKinds)[number];

/** What a publication shows: a microphone, a camera, a shared screen (its sound too), or messages. */
export const sources = ['audio', 'video', 'screen', 'data'] as const;
export type Source = (typeof sources)[number];

/** What clients call a shared screen: screen, screenAudio, screensharing, share, desktop, display. */
const screenName = /^(screen|share|desktop|display)/i;

/** Reads the source off what existing clients put into appData: `source: 'screen'` and the like, or `share: true`. */
export function sourceOf(kind: MediaKind, appData: Readonly<Record<string, unknown>>): Source {
  const named = typeof appData.source === 'string' && screenName.test(appData.source);
  return named || appData.share === true ? 'screen' : kind;
}
