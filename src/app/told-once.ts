import type { Mesh } from '../cluster/mesh.ts';
import { ToldOnce as OtherNodes } from '../cluster/told-once.ts';
import { serverActor } from '../core/actors.ts';
import type { EventStream } from '../public-events/stream.ts';
import type { Sfu } from '../sfu/sfu.ts';
import { ToldOnce, type ToldOnceOptions } from '../webhooks/told-once.ts';

export interface StartToldOnceOptions extends Omit<ToldOnceOptions, 'nodes' | 'stream'> {
  readonly stream: EventStream;
  readonly mesh: Mesh;
  readonly sfu: Sfu;
  readonly ends: AsyncDisposableStack;
}

/** Events of the domain that say nothing of a room on all nodes by themselves. */
export const eventsOfOneNode = ['roomOpened', 'roomClosed'] as const;

/** Tells how rooms begin and end over all nodes, and who was lost with a node, once for all of them. */
export function startToldOnce({ mesh, sfu, stream, ends, ...options }: StartToldOnceOptions): void {
  const nodes = new OtherNodes({ mesh, sfu });
  const toldOnce = ends.adopt(new ToldOnce({ ...options, nodes, stream }), (started) => started.stop());
  const stops = [
    sfu.mesh.lives.onSettled(({ roomId, isFirst }) => {
      const [workerIndex = 0] = sfu.rooms.get(roomId)?.routers.all.map(({ live }) => live.index) ?? [];
      if (isFirst) stream.tell('room_started', { roomId, workerIndex });
    }),
    sfu.events.on('roomClosed', (data) => {
      const life = sfu.mesh.lives.of(data.roomId);
      if (life !== undefined) toldOnce.add(stream.hold('room_finished', data, life), life);
    }),
    sfu.mesh.events.on(
      'remotePeerLeft',
      ({ reason, joined, rejoining: _, connectedAt, life: lostLife, ...peer }) => {
        const life = sfu.mesh.lives.of(peer.roomId);
        if (reason !== 'node_lost' || !joined || life === undefined) return;
        const duration = Math.max(0, options.clock.now() - connectedAt);
        const data = { ...peer, reason, detail: `node ${peer.node} was lost`, duration, by: serverActor };
        toldOnce.add(stream.hold('peer_left', data, life), life, lostLife);
      },
    ),
  ];
  ends.defer(() => {
    for (const stop of stops) stop();
  });
}
