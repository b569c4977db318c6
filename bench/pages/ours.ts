/** Our side of the benchmark `first-frame`: the client library, used as an application uses it. */
import { TureenClient } from '../../client/index.ts';
import { offerPage, screenFor } from './measured-page.ts';

offerPage(async ({ url, roomId, peerId }, { camera, microphone }) => {
  const client = new TureenClient({ url, roomId, peerId });
  client.on('trackAdded', ({ peer, track }) => {
    if (track.source === 'camera') track.attach(screenFor(peer.id));
  });
  // What is published before the join leaves right behind it.
  await Promise.all([client.publish(microphone, 'microphone'), client.publish(camera, 'camera')]);
  await client.join();
});
