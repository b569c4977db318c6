import { SfuError } from '../core/errors.ts';
import { failureFrame, maxFrameDepth, subProtocol } from '../wire/envelope.ts';
import { FrameError, frameId, readFrame } from '../wire/frame.ts';
import { isFields, parseObject, sanitize } from '../wire/json.ts';

/**
 * How messages of the old protocol travel. It says what they are and leaves it to the application how a request finds its
 * response, so there are two ways: protoo's frames, as in the mediasoup demo of its time, and the messages as they are.
 */

/** A message of the protocol: `method`, `target` and its own fields, side by side. */
export type V2Message = Readonly<Record<string, unknown>>;

/** What a frame of a client is. */
export type Incoming =
  | { readonly type: 'request'; readonly id: number; readonly message: V2Message }
  /** `id` is that of a request in which a notification was sent: it gets an empty response. */
  | { readonly type: 'notification'; readonly id?: number; readonly message: V2Message }
  /** The client answers a notification that was sent to it in a request. */
  | { readonly type: 'acknowledgement' };

export interface Envelope {
  /** Notifications that were sent in a request and are not answered yet. */
  readonly unanswered: number;
  /** @throws SfuError invalid_message; a FrameError when it was a request that can be answered */
  read(text: string): Incoming;
  success(id: number, data: unknown): string;
  failure(id: number, error: SfuError): string;
  notification(message: V2Message): string;
}

const requestMethod = 'mediasoup-request';
const notificationMethod = 'mediasoup-notification';

/** Answers that a client may owe. Further ones count as messages. */
const maxUnanswered = 1024;

/**
 * protoo's frames: a request is the data of `mediasoup-request`, a notification that of `mediasoup-notification`. The
 * applications of that time had a protoo without notifications and sent them as requests, in both directions. So does the
 * server, until the client has sent one as a notification.
 */
class ProtooEnvelope implements Envelope {
  unanswered = 0;
  #lastId = 0;

  /** @param plain whether the client takes notifications as such from the beginning */
  constructor(private plain: boolean) {}

  read(text: string): Incoming {
    const frame = readFrame(text);
    if ('response' in frame) return this.#answered();
    const { method, data } = frame;
    const id = 'request' in frame ? frame.id : undefined;
    if (id !== undefined && method === requestMethod)
      return { type: 'request', id, message: object(data, id) };
    if (method === notificationMethod) {
      if (id === undefined) this.plain = true;
      return { type: 'notification', id, message: object(data, id) };
    }
    const named = JSON.stringify(method.slice(0, 64));
    throw new FrameError(
      `there is no ${named} here; send a request as "${requestMethod}" and a notification as "${notificationMethod}"`,
      id,
    );
  }

  success(id: number, data: unknown): string {
    return JSON.stringify({ response: true, id, ok: true, data });
  }

  failure(id: number, error: SfuError): string {
    return JSON.stringify(failureFrame(id, error));
  }

  notification(data: V2Message): string {
    if (this.plain) return JSON.stringify({ notification: true, method: notificationMethod, data });
    this.#lastId += 1;
    this.unanswered = Math.min(this.unanswered + 1, maxUnanswered);
    return JSON.stringify({ request: true, id: this.#lastId, method: notificationMethod, data });
  }

  #answered(): Incoming {
    if (this.unanswered === 0)
      throw new SfuError('invalid_message', 'this response answers no request of the server; send none');
    this.unanswered -= 1;
    return { type: 'acknowledgement' };
  }
}

/**
 * The messages themselves: a notification as it is, a request with the id of the application,
 * `{"id": 7, "request": {"method": "queryRoom", "target": "room"}}`, answered by `{"id": 7, "response": {..}}` or
 * `{"id": 7, "error": {"code": "not_found", "message": ".."}}`.
 */
class BareEnvelope implements Envelope {
  readonly unanswered = 0;

  read(text: string): Incoming {
    const frame = parseObject(text, 'frame');
    if (!sanitize(frame, maxFrameDepth))
      throw new FrameError(`the frame is nested deeper than ${maxFrameDepth} levels`, frameId(frame.id));
    if ('request' in frame) {
      const id = frameId(frame.id);
      if (id === undefined)
        throw new FrameError('a request needs an id: a whole number from 0 to 4294967295');
      return { type: 'request', id, message: object(frame.request, id) };
    }
    if (frame.notification === true) return { type: 'notification', message: frame };
    throw new FrameError(
      'send a notification as it is, with "notification": true, and a request as {"id": .., "request": {..}}',
    );
  }

  success(id: number, response: unknown): string {
    return JSON.stringify({ id, response });
  }

  failure(id: number, { code, message }: SfuError): string {
    return JSON.stringify({ id, error: { code, message } });
  }

  notification(message: V2Message): string {
    return JSON.stringify(message);
  }
}

/** The sub-protocol of the messages as they are. */
const bareProtocol = 'mediasoup-v2';
export const subProtocols = [subProtocol, bareProtocol] as const;

export function envelopeFor(protocol: (typeof subProtocols)[number], plain: boolean): Envelope {
  return protocol === bareProtocol ? new BareEnvelope() : new ProtooEnvelope(plain);
}

function object(value: unknown, id: number | undefined): V2Message {
  if (isFields(value)) return value;
  throw new FrameError('the message has to be an object with a method and a target', id);
}
