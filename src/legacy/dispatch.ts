import { SfuError } from '../core/errors.ts';
import { checked } from '../wire/check.ts';
import type { Incoming } from './envelopes.ts';
import type { Message, MessageContext } from './message.ts';
import { findMessage } from './messages/index.ts';

type Handled = Extract<Incoming, { type: 'request' | 'notification' }>;

/** A message that is ready to be run; `method` is its name as the client wrote it. */
export interface Prepared {
  readonly method: string;
  /** @throws SfuError for a message that there is not, that does not fit its schema, or that this peer may not send */
  readonly run: () => Promise<unknown>;
}

/** Finds the message in the table. Everything is checked when it is run. */
export function prepare(frame: Handled, context: MessageContext): Prepared {
  const method = typeof frame.message.method === 'string' ? frame.message.method.slice(0, 64) : '';
  return {
    method,
    run: async () => {
      const { room, peer } = context;
      // A person may be asked for a microphone between two of its messages.
      room.expectJoin(peer);
      const message = messageOf(frame, method);
      const params = checked(message.check, frame.message, message.name);
      if (peer.closed) throw new SfuError('gone', 'you are not in the room any more; connect again');
      if (message.state === 'joined') peer.requireJoined();
      return await message.run(context, params);
    },
  };
}

function messageOf({ type, message }: Handled, method: string): Message {
  const known = findMessage(method);
  if (!known)
    throw new SfuError(
      'unknown_method',
      `there is no message ${JSON.stringify(method)}; docs/v2.md lists them`,
    );
  if (known.type !== type)
    throw new SfuError('invalid_message', `${method} is a ${known.type}; send it as one`);
  const { target = known.target } = message;
  if (target !== known.target)
    throw new SfuError('invalid_params', `${method}: target: expected "${known.target}"`);
  return known;
}
