import type { ConnectionOptions } from './connection-options.ts';
import { isForDemoBot } from './demo-bot.ts';
import type { DispatchContext } from './dispatch.ts';

/** What the methods of a connection act on, once it has become a peer. */
export function contextOf(
  options: ConnectionOptions,
  own: Pick<DispatchContext, 'room' | 'peer' | 'dialect' | 'afterReply'>,
): DispatchContext {
  const { commands, log, iceServers, fast, wantsBandwidth, takesRoster } = options;
  const { resumption, events, roomId, peerId } = options;
  const { dialect, peer } = own;
  return {
    ...own,
    ...{ commands, log, iceServers, fast, wantsBandwidth, takesRoster },
    leavesOut: (channel) => dialect.generation !== 'native' && isForDemoBot(channel),
    acknowledge: (count) => resumption?.sent.received(count),
    reportGap: (milliseconds) => {
      if (peer.origin) events.emit('moveGap', { roomId, peerId, milliseconds });
    },
  };
}
