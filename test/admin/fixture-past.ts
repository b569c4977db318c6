import { History } from '../../admin/live/history.ts';
import type { Monitor } from '../../admin/live/monitor.ts';
import type { PeerCourse } from '../../src/core/peer-course.ts';
import type { SfuBus } from '../../src/sfu/events.ts';
import type { NodeSnapshot, PeerSnapshot } from '../../src/sfu/rooms/snapshot.ts';
import type { Store } from '../../src/store/store.ts';
import { hostileNames, type Kind, now, people } from './fixture-names.ts';

function fillPeer(
  monitor: Monitor,
  { peer, trip, kind }: { peer: PeerSnapshot; trip: number; kind: Kind },
): void {
  const session = monitor.measures.session(peer.sessionId);
  const { incoming, outgoing, roundTrip } = session;
  const wave = (index: number, size: number) => size * (1 + Math.sin(index / 5 + trip) / 4);
  for (let index = 0; index < 60; index += 1) {
    incoming.push(wave(index, 1_340_000));
    outgoing.push(wave(index + 3, 3_870_000));
    roundTrip.push(wave(index * 2, trip));
  }
  const lost = kind === 'degraded' ? 412 : 3;
  const stream = {
    jitter: 90,
    packetsLost: lost,
    fractionLost: lost / 9000,
    nacks: lost,
    plis: 2,
    roundTrip: trip,
  };
  const none: Record<string, number> = {};
  const streamsOf = (rids: readonly (string | null)[]) =>
    rids.map((rid, index) => ({
      ...stream,
      ssrc: index + 1,
      rid,
      bitrate: rid === null ? 32_000 : 150_000 * 3 ** index,
      bitrateByLayer: rid === null ? none : { '0.0': 90_000, '0.1': 60_000 },
    }));
  const consumed = [{ ...stream, ssrc: 1, rid: null, bitrate: 940_000, bitrateByLayer: none }];
  session.streams = new Map([
    ...peer.producers.map(
      ({ id, source }) => [id, streamsOf(source === 'video' ? ['q', 'h', 'f'] : [null])] as const,
    ),
    ...peer.consumers.map(({ id }) => [id, consumed] as const),
  ]);
}

/** What flowed in the last minutes. */
export function fillHistory(monitor: Monitor, { rooms, workers: all }: NodeSnapshot, kind: Kind): void {
  const { measures, history, workerCpu } = monitor;
  const wave = (index: number, size: number) =>
    size * (1.4 + Math.sin(index / 7) + Math.sin(index / 2.3) / 4);
  for (let index = 0; index < 60; index += 1) {
    history.rooms.push(Math.round(wave(index, rooms.length / 2)));
    history.peers.push(Math.round(wave(index, 30)));
    history.joins.push(Math.round(wave(index, 1)));
    history.failures.push(kind === 'degraded' ? Math.round(wave(index, 2)) : 0);
    history.incoming.push(wave(index, 31_000_000));
    history.outgoing.push(wave(index, 140_000_000));
    for (const worker of all) {
      const cpu = workerCpu.get(worker.index) ?? new History();
      workerCpu.set(worker.index, cpu);
      cpu.push(
        worker.pid === null
          ? 0
          : Math.min(kind === 'degraded' ? 0.96 : 0.84, wave(index, 0.12 * (worker.index + 1))),
      );
    }
  }
  const flow = { lossSent: 0.01, lossReceived: kind === 'degraded' ? 0.18 : 0, availableOutgoing: 4_000_000 };
  for (const { id, producing } of rooms.flatMap((each) => each.peers.flatMap((one) => one.transports)))
    measures.transports.set(id, {
      incoming: producing ? 1_340_000 : 0,
      outgoing: producing ? 0 : 3_870_000,
      ...flow,
    });
  for (const [index, peer] of rooms.flatMap(({ peers }) => peers).entries())
    fillPeer(monitor, { peer, trip: 24 + (index % 9) * 13, kind });
}

/** What was done and what happened. */
export function fillRecords(store: Store, { rooms }: NodeSnapshot, kind: Kind, events: SfuBus): void {
  const name = kind === 'hostile' ? hostileNames : people;
  const roomId = rooms[0]?.id ?? '';
  for (const [index, each] of name.entries()) {
    const by = { kind: 'admin', id: each };
    const result = index === 2 ? 'failed: not_found: there is no such peer' : 'done';
    const peerId = kind === 'hostile' ? each : `standup-${index}`;
    store.audit.record(
      {
        by,
        address: '198.51.100.7',
        action: 'peer.remove',
        roomId,
        peerId,
        reason: each,
        details: { note: each },
      },
      result,
    );
    const expiresAt = index % 2 === 0 ? null : now + 3_600_000;
    store.bans.add({
      kind: 'identity',
      value: peerId,
      roomId: index % 3 === 0 ? null : roomId,
      reason: each,
      by,
      expiresAt,
    });
    if (kind === 'hostile')
      store.users.put({ name: each.slice(0, 64), passwordHash: null, role: 'viewer', origin: 'page' });
    if (kind === 'hostile') store.apiKeys.create(each, 'viewer');
    events.emit('peerJoined', {
      roomId,
      peerId,
      sessionId: peerId,
      displayName: each,
      hidden: false,
      duration: 120,
    });
    events.emit('roomNotice', { roomId, message: each, by: { kind: 'admin', id: each } });
    keepStay(store, { roomId, peerId, name: each, sessionId: `stay-${index}` }, kind === 'degraded');
  }
  if (kind === 'degraded') events.emit('workerDied', { workerIndex: 2, pid: 4002, cause: 'SIGSEGV' });
}

interface Past {
  readonly roomId: string;
  readonly peerId: string;
  readonly sessionId: string;
  readonly name: string;
}

/** A stay that is over, as the timelines keep it. */
function keepStay({ timelines }: Store, { name: displayName, ...ids }: Past, failed: boolean): void {
  const address = '198.51.100.23';
  const bad = failed && ids.sessionId.endsWith('1');
  const shared = { ...ids, bad: false };
  timelines.add({ ...shared, event: 'peerJoined', text: `${displayName} joined`, displayName, address });
  timelines.add({ ...shared, event: 'producerOpened', text: `${ids.peerId} publishes video (vp8)` });
  const course: PeerCourse = {
    address,
    displayName,
    device: displayName,
    outcome: bad ? 'unreachable' : 'connected',
    media: bad
      ? 'nothing of it arrived at the media port: look at the announced address, the firewall, and whether its network allows UDP or TCP to that port'
      : 'connected by udp',
    toMedia: bad ? null : 412,
    transports: (['send', 'receive'] as const).map((direction) => ({
      direction,
      offered: ['udp 192.0.2.1:40000', 'tcp 192.0.2.1:40000'],
      ice: bad ? null : { after: 180, protocol: 'udp', local: '192.0.2.1:40000', remote: `${address}:51234` },
      connected: bad ? null : 240,
      lost: 0,
      waited: bad,
      end: 'peer_left',
      used: true,
    })),
    quality: bad
      ? null
      : { roundTrip: { mean: 31.4, max: 88 }, lossIn: 0.0012, lossOut: 0.0004, score: { mean: 9.7, min: 8 } },
    refused: bad ? [{ method: 'produce', code: 'limit_reached', count: 2 }] : [],
    duration: 912_000,
    end: { reason: 'left', detail: displayName, by: { kind: 'peer', id: ids.peerId } },
  };
  const text = `${ids.peerId} left (left)${bad ? `; ${course.media}` : ''}`;
  timelines.add({ ...shared, event: 'peerLeft', text, bad, displayName, address, course });
}
