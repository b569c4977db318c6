import { SfuError } from '../core/errors.ts';
import { maxFrameDepth, type NotificationFrame, type RequestFrame } from './envelope.ts';
import { parseObject, sanitize } from './json.ts';

/** A response of a client to a request of the server. */
export interface ClientResponse {
  readonly response: true;
  readonly id: number;
  readonly ok: boolean;
  readonly errorReason: string;
}

export type ClientFrame = RequestFrame | NotificationFrame | ClientResponse;

/** A frame that could not be read; `id` is set when it was a request that can be answered. */
export class FrameError extends SfuError {
  constructor(
    message: string,
    readonly id?: number,
  ) {
    super('invalid_message', message);
  }
}

/**
 * Reads one text frame of a client. Bun limits its size (maxPayloadLength), this function its depth.
 * @throws SfuError invalid_message; a FrameError when it was a request that can be answered
 */
export function readFrame(text: string): ClientFrame {
  const frame = parseObject(text, 'frame');
  if (!sanitize(frame, maxFrameDepth)) {
    const id = frame.request === true ? frameId(frame.id) : undefined;
    throw new FrameError(`the frame is nested deeper than ${maxFrameDepth} levels`, id);
  }
  const { method, data = {} } = frame;
  if (frame.request === true) {
    const id = frameId(frame.id);
    if (id === undefined) throw new FrameError('a request needs an id: a whole number from 0 to 4294967295');
    if (typeof method !== 'string')
      throw new FrameError('a request needs a method: the name of one as a string', id);
    return { request: true, id, method, data };
  }
  if (frame.response === true) {
    const id = frameId(frame.id);
    if (id === undefined) throw new FrameError('a response needs the id of the request that it answers');
    const errorReason = typeof frame.errorReason === 'string' ? frame.errorReason : '';
    return { response: true, id, ok: frame.ok === true, errorReason };
  }
  if (frame.notification === true) {
    if (typeof method !== 'string')
      throw new FrameError('a notification needs a method: the name of one as a string');
    return { notification: true, method, data };
  }
  throw new FrameError('a message needs one of request, response and notification to be true');
}

/** @returns the id of a request or a response; undefined when it is none */
export function frameId(id: unknown): number | undefined {
  return Number.isInteger(id) && (id as number) >= 0 && (id as number) <= 4_294_967_295
    ? (id as number)
    : undefined;
}
