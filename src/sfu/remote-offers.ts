import type { SfuBus } from './events.ts';
import type { RemoteBus } from './remote-events.ts';
import { offerDataToAll, offerToAll } from './rooms/offering.ts';
import type { RoomRegistry } from './rooms/registry.ts';
import { resumeLost } from './rooms/subscribing-again.ts';

interface Offering {
  readonly registry: RoomRegistry;
  /** What happens on this node. */
  readonly events: SfuBus;
  /** What happens on others. */
  readonly remote: RemoteBus;
}

/** Offers the peers of this node what comes from others, and follows who receives it. @returns what ends that */
export function offerWhatComes({ registry, events, remote }: Offering): (() => void)[] {
  const roomOf = (roomId: string) => registry.rooms.get(roomId);
  const media = ({ roomId, producerId }: { roomId: string; producerId: string }) => {
    const room = roomOf(roomId);
    const publication = room?.findPublication(producerId);
    if (!room || !publication) return;
    offerToAll(room, publication);
    resumeLost(room, publication);
  };
  const data = ({ roomId, dataProducerId }: { roomId: string; dataProducerId: string }) => {
    const room = roomOf(roomId);
    const publication = room?.findDataPublication(dataProducerId);
    if (!room || !publication) return;
    offerDataToAll(room, publication);
    if (publication.audience.ready) room.mesh?.dataReceivers.received(dataProducerId);
  };
  const joinedThere = ({ roomId, peerId }: { roomId: string; peerId: string }) => {
    const { mesh } = roomOf(roomId) ?? {};
    const life = mesh?.roster.peers.get(peerId)?.node.life;
    if (life !== undefined) mesh?.dataReceivers.joinedThere(life);
  };
  const joinedHere = ({ roomId }: { roomId: string }) => roomOf(roomId)?.mesh?.dataReceivers.joinedHere();
  return [
    remote.on('remoteProducerOpened', media),
    remote.on('remoteProducerReachable', media),
    remote.on('remoteDataProducerOpened', data),
    remote.on('remotePeerJoined', joinedThere),
    remote.on('remotePeerMoved', joinedThere),
    events.on('peerJoined', joinedHere),
    events.on('peerRejoined', joinedHere),
    events.on('peerMovedHere', joinedHere),
  ];
}
