import type { Server } from '../../src/app/server.ts';

export type Json = Record<string, unknown>;

/**
 * Calls a server as a script does. The answer's `data` is its JSON, whatever that is.
 * @param host where the server is reached; this machine unless told
 * @param always headers of every call
 */
export function script(
  { port }: Pick<Server, 'port'>,
  host = '127.0.0.1',
  always: Record<string, string> = {},
) {
  return async (method: string, path: string, body?: Json, headers: Record<string, string> = {}) => {
    const answer = await fetch(`http://${host}:${port}${path}`, {
      method,
      headers: { ...always, ...headers, ...(body && { 'content-type': 'application/json' }) },
      body: body && JSON.stringify(body),
    });
    const text = await answer.text();
    const isJson = answer.headers.get('content-type')?.startsWith('application/json') === true;
    // biome-ignore lint/suspicious/noExplicitAny: a script knows no types, and a test asserts what it reads.
    const data = (isJson ? JSON.parse(text) : {}) as any;
    return { status: answer.status, headers: answer.headers, text, data };
  };
}

/** The sound of the scripts of ffmpeg and GStreamer. */
export function opus(ssrc = 1111): Json {
  const codec = { mimeType: 'audio/opus', payloadType: 100, clockRate: 48000, channels: 2 };
  return {
    kind: 'audio',
    rtpParameters: {
      codecs: [{ ...codec, parameters: { 'sprop-stereo': 1 } }],
      encodings: [{ ssrc }],
    },
  };
}

/** Their picture. */
export function vp8(ssrc = 2222): Json {
  const codec = { mimeType: 'video/vp8', payloadType: 101, clockRate: 90000 };
  return { kind: 'video', rtpParameters: { codecs: [codec], encodings: [{ ssrc }] } };
}
