/** One request of a client: the switch that such servers have. Each case accepts, or throws and is rejected. */
export async function handleRequest(room, peer, { method, data }, accept) {
  switch (method) {
    case 'getRouterRtpCapabilities':
      accept(room.router.rtpCapabilities);
      break;
    case 'createWebRtcTransport':
      accept(await createTransport(room, peer, data));
      break;
    case 'connectWebRtcTransport':
      await find(peer.data.transports, 'transport', data.transportId).connect({
        dtlsParameters: data.dtlsParameters,
      });
      accept();
      break;
    case 'restartIce':
      accept(await find(peer.data.transports, 'transport', data.transportId).restartIce());
      break;
    case 'join':
      join(room, peer, data, accept);
      break;
    case 'produce':
      accept({ id: (await produce(room, peer, data)).id });
      break;
    case 'produceData':
      accept({ id: (await produceData(room, peer, data)).id });
      break;
    case 'changeDisplayName':
      changeDisplayName(room, peer, data);
      accept();
      break;
    case 'leaveCall':
      accept();
      peer.close();
      break;
    case 'getRtcStatsUrl':
      accept({});
      break;
    default:
      await handleMediaRequest(peer, method, data, accept);
  }
}

/** The requests that go to one producer, consumer or transport. */
async function handleMediaRequest(peer, method, data, accept) {
  const producer = () => find(peer.data.producers, 'producer', data.producerId);
  const consumer = () => find(peer.data.consumers, 'consumer', data.consumerId);
  switch (method) {
    case 'closeProducer':
      producer().close();
      peer.data.producers.delete(data.producerId);
      accept();
      break;
    case 'pauseProducer':
      await producer().pause();
      accept();
      break;
    case 'resumeProducer':
      await producer().resume();
      accept();
      break;
    case 'closeConsumer':
      consumer().close();
      peer.data.consumers.delete(data.consumerId);
      accept();
      break;
    case 'pauseConsumer':
      await consumer().pause();
      accept();
      break;
    case 'resumeConsumer':
      await consumer().resume();
      accept();
      break;
    case 'resumeConsumers':
      for (const id of data.consumerIds) await find(peer.data.consumers, 'consumer', id).resume();
      accept();
      break;
    case 'setConsumerPreferredLayers':
      await consumer().setPreferredLayers(data);
      accept();
      break;
    case 'setConsumerPriority':
      await consumer().setPriority(data.priority);
      accept();
      break;
    case 'requestConsumerKeyFrame':
      await consumer().requestKeyFrame();
      accept();
      break;
    default:
      accept(await readStats(peer, method, data));
  }
}

async function readStats(peer, method, data) {
  const { transports, producers, consumers, dataProducers, dataConsumers } = peer.data;
  switch (method) {
    case 'getTransportStats':
      return find(transports, 'transport', data.transportId).getStats();
    case 'getProducerStats':
      return find(producers, 'producer', data.producerId).getStats();
    case 'getConsumerStats':
      return find(consumers, 'consumer', data.consumerId).getStats();
    case 'getDataProducerStats':
      return find(dataProducers, 'data producer', data.dataProducerId).getStats();
    case 'getDataConsumerStats':
      return find(dataConsumers, 'data consumer', data.dataConsumerId).getStats();
    default:
      throw new Error(`unknown request.method "${method}"`);
  }
}

async function createTransport(room, peer, { forceTcp, producing, consuming }) {
  const transport = await room.router.createWebRtcTransport({
    webRtcServer: room.webRtcServer,
    enableUdp: !forceTcp,
    enableTcp: true,
    preferUdp: true,
    enableSctp: true,
    initialAvailableOutgoingBitrate: 1_000_000,
    appData: { producing, consuming },
  });
  transport.on('dtlsstatechange', (state) => {
    if (state === 'failed' || state === 'closed') transport.close();
  });
  peer.data.transports.set(transport.id, transport);
  if (producing) await transport.setMaxIncomingBitrate(8_000_000);
  const { id, iceParameters, iceCandidates, dtlsParameters, sctpParameters } = transport;
  return { id, iceParameters, iceCandidates, dtlsParameters, sctpParameters };
}

function join(room, peer, { displayName, device, rtpCapabilities }, accept) {
  if (peer.data.joined) throw new Error('the peer has joined already');
  Object.assign(peer.data, { joined: true, displayName, device, rtpCapabilities });
  const others = room.joinedPeers(peer);
  accept({
    peers: others.map(({ id, data }) => ({ id, displayName: data.displayName, device: data.device })),
  });
  room.consumeAll(peer);
  for (const other of others) other.notify('newPeer', { id: peer.id, displayName, device }).catch(() => {});
}

async function produce(room, peer, { transportId, kind, rtpParameters, appData }) {
  requireJoined(peer);
  const transport = find(peer.data.transports, 'transport', transportId);
  const producer = await transport.produce({ kind, rtpParameters, appData: { ...appData, peerId: peer.id } });
  peer.data.producers.set(producer.id, producer);
  producer.on('score', (score) =>
    peer.notify('producerScore', { producerId: producer.id, score }).catch(() => {}),
  );
  room.spread(peer, producer);
  return producer;
}

async function produceData(room, peer, { transportId, sctpStreamParameters, label, protocol, appData }) {
  requireJoined(peer);
  const transport = find(peer.data.transports, 'transport', transportId);
  const dataProducer = await transport.produceData({ sctpStreamParameters, label, protocol, appData });
  peer.data.dataProducers.set(dataProducer.id, dataProducer);
  room.spreadData(peer, dataProducer);
  return dataProducer;
}

function changeDisplayName(room, peer, { displayName }) {
  requireJoined(peer);
  if (typeof displayName !== 'string') throw new TypeError('displayName must be a string');
  const oldDisplayName = peer.data.displayName;
  peer.data.displayName = displayName;
  for (const other of room.joinedPeers(peer))
    other.notify('peerDisplayNameChanged', { peerId: peer.id, displayName, oldDisplayName }).catch(() => {});
}

function requireJoined(peer) {
  if (!peer.data.joined) throw new Error('the peer has not joined yet');
}

function find(map, what, id) {
  const found = map.get(id);
  if (!found) throw new Error(`${what} with id "${id}" not found`);
  return found;
}
