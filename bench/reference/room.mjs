import { EventEmitter } from 'node:events';
import * as mediasoup from 'mediasoup';
import protoo from 'protoo-server';
import { mediaCodecs } from './codecs.mjs';
import { createConsumer, createDataConsumer } from './consumers.mjs';
import { handleRequest } from './requests.mjs';

/** One conference: a protoo room and a mediasoup router. */
export class ReferenceRoom extends EventEmitter {
  static async create({ roomId, worker, webRtcServer }) {
    const router = await worker.createRouter({ mediaCodecs });
    const levels = await router.createAudioLevelObserver({ maxEntries: 8, threshold: -70, interval: 500 });
    const speaker = await router.createActiveSpeakerObserver({ interval: 300 });
    return new ReferenceRoom({ roomId, webRtcServer, router, levels, speaker });
  }

  constructor({ roomId, webRtcServer, router, levels, speaker }) {
    super();
    this.setMaxListeners(Number.POSITIVE_INFINITY);
    this.roomId = roomId;
    this.webRtcServer = webRtcServer;
    this.router = router;
    this.levels = levels;
    this.speaker = speaker;
    this.protooRoom = new protoo.Room();
    this.observe();
  }

  joinedPeers(excluded) {
    return this.protooRoom.peers.filter((peer) => peer.data.joined && peer !== excluded);
  }

  observe() {
    this.levels.on('volumes', (volumes) => {
      const peerVolumes = volumes.map(({ producer, volume }) => ({
        peerId: producer.appData.peerId,
        volume,
      }));
      for (const peer of this.joinedPeers()) peer.notify('speakingPeers', { peerVolumes }).catch(() => {});
    });
    this.levels.on('silence', () => {
      for (const peer of this.joinedPeers()) {
        peer.notify('speakingPeers', { peerVolumes: [] }).catch(() => {});
        peer.notify('activeSpeaker', { peerId: null }).catch(() => {});
      }
    });
    this.speaker.on('dominantspeaker', ({ producer }) => {
      const { peerId } = producer.appData;
      for (const peer of this.joinedPeers()) peer.notify('activeSpeaker', { peerId }).catch(() => {});
    });
  }

  handleConnection(peerId, transport) {
    this.protooRoom.getPeer(peerId)?.close();
    const peer = this.protooRoom.createPeer(peerId, transport);
    peer.data.joined = false;
    peer.data.displayName = undefined;
    peer.data.device = undefined;
    peer.data.rtpCapabilities = undefined;
    peer.data.transports = new Map();
    peer.data.producers = new Map();
    peer.data.consumers = new Map();
    peer.data.dataProducers = new Map();
    peer.data.dataConsumers = new Map();
    peer.notify('mediasoup-version', { version: mediasoup.version }).catch(() => {});
    peer.on('request', (request, accept, reject) => {
      handleRequest(this, peer, request, accept).catch(reject);
    });
    peer.on('close', () => this.peerClosed(peer));
  }

  peerClosed(peer) {
    if (peer.data.joined) {
      for (const other of this.joinedPeers(peer))
        other.notify('peerClosed', { peerId: peer.id }).catch(() => {});
    }
    for (const transport of peer.data.transports.values()) transport.close();
    if (this.protooRoom.peers.length === 0) this.close();
  }

  close() {
    this.protooRoom.close();
    this.router.close();
    this.emit('close');
  }

  /** A new peer gets what is there already. */
  consumeAll(peer) {
    for (const other of this.joinedPeers(peer)) {
      for (const producer of other.data.producers.values()) void createConsumer(this, peer, other, producer);
      for (const dataProducer of other.data.dataProducers.values())
        void createDataConsumer(peer, other, dataProducer);
    }
  }

  /** What is new goes to everyone else. */
  spread(peer, producer) {
    for (const other of this.joinedPeers(peer)) void createConsumer(this, other, peer, producer);
    if (producer.kind !== 'audio') return;
    this.levels.addProducer({ producerId: producer.id }).catch(() => {});
    this.speaker.addProducer({ producerId: producer.id }).catch(() => {});
  }

  spreadData(peer, dataProducer) {
    for (const other of this.joinedPeers(peer)) void createDataConsumer(other, peer, dataProducer);
  }
}
