/**
 * The reference's side of the benchmark `first-frame`: protoo-client and mediasoup-client, with the steps of the
 * mediasoup demo in their order, each after the answer to the one before it. Bundled for the browser.
 */
import { Device } from 'mediasoup-client';
import protoo from 'protoo-client';
import { producerOptions } from '../../client/encodings.ts';
import { offerPage, watch } from '../pages/measured-page.ts';

offerPage(({ url, roomId, peerId }, devices) => {
  const address = `${url}/?${new URLSearchParams({ roomId, peerId })}`;
  const peer = new protoo.Peer(new protoo.WebSocketTransport(address));
  const call = { peer, device: undefined, send: undefined, receive: undefined };
  peer.on('request', (request, accept, reject) => {
    if (request.method === 'newConsumer') consume(call, request.data).then(accept, reject);
    else reject(403, 'unknown request');
  });
  return new Promise((resolve, reject) => {
    peer.on('open', () => join(call, devices).then(resolve, reject));
  });
});

async function join(call, { microphone, camera }) {
  const { peer } = call;
  call.device = await Device.factory();
  await call.device.load({ routerRtpCapabilities: await peer.request('getRouterRtpCapabilities') });
  const { device } = call;
  call.send = wire(peer, device.createSendTransport(await open(peer, { producing: true, consuming: false })));
  call.receive = wire(
    peer,
    device.createRecvTransport(await open(peer, { producing: false, consuming: true })),
  );
  await peer.request('join', {
    displayName: 'reference',
    device: { name: 'Chrome' },
    rtpCapabilities: device.recvRtpCapabilities,
  });
  await Promise.all([produce(call, 'microphone', microphone), produce(call, 'camera', camera)]);
}

function open(peer, direction) {
  return peer.request('createWebRtcTransport', { forceTcp: false, ...direction });
}

function wire(peer, transport) {
  const transportId = transport.id;
  transport.on('connect', ({ dtlsParameters }, done, failed) => {
    peer.request('connectWebRtcTransport', { transportId, dtlsParameters }).then(done, failed);
  });
  transport.on('produce', ({ kind, rtpParameters, appData }, done, failed) => {
    peer.request('produce', { transportId, kind, rtpParameters, appData }).then(done, failed);
  });
  return transport;
}

/** Encodes as our client does, so that only the way into the call differs. */
async function produce({ send, device }, source, track) {
  const plan = producerOptions(source, track, {}, device.sendRtpCapabilities);
  await send.produce({ ...plan, track, stopTracks: false, appData: { source } });
}

async function consume({ receive }, { peerId, id, producerId, kind, rtpParameters, appData }) {
  const streamId = `${peerId}-mic-webcam`;
  const consumer = await receive.consume({ id, producerId, kind, rtpParameters, streamId, appData });
  if (kind === 'video') watch(peerId, consumer.track);
}
