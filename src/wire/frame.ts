import { SfuError } from '../errors.ts';
import { tame } from '../json.ts';
import { maxFrameDepth, type NotificationFrame, type RequestFrame } from './envelope.ts';

/** A response of a client to a request of the server. */
export interface ClientResponse {
  readonly response: true;
  readonly id: number;
  readonly ok: boolean;
  readonly errorReason: string;
}

export type ClientFrame = RequestFrame | NotificationFrame | ClientResponse;

/** Thrown for a frame that could not be read; `id` is set when it was a request that can be answered. */
export class FrameError extends SfuError {
  constructor(
    message: string,
    readonly id?: number,
  ) {
    super('invalid_message', message);
  }
}

/**
 * Reads one text frame of a client. Its bytes are bounded before (Bun's maxPayloadLength), its depth here.
 * @throws FrameError
 */
export function readFrame(text: string): ClientFrame {
  const frame = parse(text);
  if (!tame(frame, maxFrameDepth)) {
    const id = frame.request === true ? frameId(frame.id) : undefined;
    throw new FrameError(`the frame is nested deeper than ${maxFrameDepth} levels`, id);
  }
  const { method, data = {} } = frame;
  if (frame.request === true) {
    const id = frameId(frame.id);
    if (id === undefined) throw new FrameError('a request wants a whole number from 0 to 4294967295 as id');
    if (typeof method !== 'string')
      throw new FrameError('a request wants the name of its method as text', id);
    return { request: true, id, method, data };
  }
  if (frame.response === true) {
    const id = frameId(frame.id);
    if (id === undefined) throw new FrameError('a response wants the id of the request that it answers');
    return { response: true, id, ok: frame.ok === true, errorReason: String(frame.errorReason ?? '') };
  }
  if (frame.notification === true) {
    if (typeof method !== 'string')
      throw new FrameError('a notification wants the name of its method as text');
    return { notification: true, method, data };
  }
  throw new FrameError('a message wants request, response or notification to be true');
}

function parse(text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new FrameError('the frame is not JSON; send one JSON object in a text frame');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new FrameError('the frame is not a JSON object');
  }
  return value as Record<string, unknown>;
}

function frameId(id: unknown): number | undefined {
  return Number.isInteger(id) && (id as number) >= 0 && (id as number) <= 4_294_967_295
    ? (id as number)
    : undefined;
}
