/** Our side of the benchmark `first-frame`: the client library, used as an application uses it. */
import { TureenClient } from '../../client/index.ts';
import { offerPage, watch } from './measured-page.ts';

offerPage(async ({ url, roomId, peerId }, { camera, microphone }) => {
  const client = new TureenClient({ url, roomId, peerId });
  client.on('trackAdded', ({ peer, track }) => {
    if (track.source === 'camera') watch(peer.id, track.mediaTrack);
  });
  // What is published before the join leaves right behind it.
  await Promise.all([client.publish(microphone, 'microphone'), client.publish(camera, 'camera')]);
  await client.join();
});
