/** The codecs that a room can offer, by kind. src/sfu/media/codecs.ts says what each of them is in RTP. */
export const codecsOfKind = {
  audio: ['opus', 'PCMU', 'PCMA', 'G722', 'telephone-event'],
  video: ['VP8', 'VP9', 'H264', 'AV1'],
} as const;

/** As TUREEN_CODECS and REST write them. */
export const codecNames = [...codecsOfKind.audio, ...codecsOfKind.video] as const;
export type CodecName = (typeof codecNames)[number];

/** As events, metrics and the dashboard write them: the subtype of the MIME type in small letters. */
export const codecLabel = <N extends CodecName>(name: N) => name.toLowerCase() as Lowercase<N>;
