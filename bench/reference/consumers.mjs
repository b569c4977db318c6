function consumingTransport(peer) {
  return Array.from(peer.data.transports.values()).find((transport) => transport.appData.consuming);
}

/** Makes a paused consumer, announces it, resumes it once the client has it. */
export async function createConsumer(room, consumerPeer, producerPeer, producer) {
  const { rtpCapabilities } = consumerPeer.data;
  if (!rtpCapabilities || !room.router.canConsume({ producerId: producer.id, rtpCapabilities })) return;
  const transport = consumingTransport(consumerPeer);
  if (!transport) return;
  let consumer;
  try {
    consumer = await transport.consume({
      producerId: producer.id,
      rtpCapabilities,
      paused: true,
      appData: { ...producer.appData, peerId: producerPeer.id },
    });
  } catch (error) {
    console.error('transport.consume() failed:', error);
    return;
  }
  consumerPeer.data.consumers.set(consumer.id, consumer);
  follow(consumerPeer, consumer);
  try {
    await consumerPeer.request('newConsumer', {
      peerId: producerPeer.id,
      producerId: producer.id,
      id: consumer.id,
      transportId: transport.id,
      kind: consumer.kind,
      rtpParameters: consumer.rtpParameters,
      type: consumer.type,
      appData: consumer.appData,
      producerPaused: consumer.producerPaused,
      consumerScore: consumer.score,
    });
    await consumer.resume();
    notify(consumerPeer, 'consumerScore', { consumerId: consumer.id, score: consumer.score });
  } catch (error) {
    console.error('newConsumer failed:', error);
  }
}

export async function createDataConsumer(dataConsumerPeer, dataProducerPeer, dataProducer) {
  const transport = consumingTransport(dataConsumerPeer);
  if (!transport) return;
  try {
    const dataConsumer = await transport.consumeData({ dataProducerId: dataProducer.id });
    const { id, sctpStreamParameters, label, protocol, appData } = dataConsumer;
    dataConsumerPeer.data.dataConsumers.set(id, dataConsumer);
    const forget = () => dataConsumerPeer.data.dataConsumers.delete(id);
    dataConsumer.on('transportclose', forget);
    dataConsumer.on('dataproducerclose', () => {
      forget();
      notify(dataConsumerPeer, 'dataConsumerClosed', { dataConsumerId: id });
    });
    await dataConsumerPeer.request('newDataConsumer', {
      peerId: dataProducerPeer.id,
      transportId: transport.id,
      dataProducerId: dataProducer.id,
      id,
      sctpStreamParameters,
      label,
      protocol,
      appData,
    });
  } catch (error) {
    console.error('newDataConsumer failed:', error);
  }
}

function follow(peer, consumer) {
  const consumerId = consumer.id;
  consumer.on('transportclose', () => peer.data.consumers.delete(consumerId));
  consumer.on('producerclose', () => {
    peer.data.consumers.delete(consumerId);
    notify(peer, 'consumerClosed', { consumerId });
  });
  consumer.on('producerpause', () => notify(peer, 'consumerPaused', { consumerId }));
  consumer.on('producerresume', () => notify(peer, 'consumerResumed', { consumerId }));
  consumer.on('score', (score) => notify(peer, 'consumerScore', { consumerId, score }));
  consumer.on('layerschange', (layers) => {
    const { spatialLayer = null, temporalLayer = null } = layers ?? {};
    notify(peer, 'consumerLayersChanged', { consumerId, spatialLayer, temporalLayer });
  });
}

function notify(peer, method, data) {
  peer.notify(method, data).catch(() => {});
}
