import { TureenClient } from '../../client/index.ts';
import { type CallPlace, listen, noteQuality, openDevices, watchPicture } from './call-page.ts';

/** Our side of the benchmark `quality`: the client library, used as an application uses it. */
export async function enterOurs({ url, roomId, role, codec, peerId, token }: CallPlace): Promise<void> {
  const client = new TureenClient({ url, roomId, peerId, token });
  client.on('trackAdded', ({ track }) => {
    if (track.kind === 'audio') return listen(track.mediaTrack, () => track.consumer.getStats());
    void watchPicture(track.mediaTrack);
    track.on('replaced', () => void watchPicture(track.mediaTrack));
  });
  if (role === 'sender') {
    const { camera, microphone } = await openDevices();
    await Promise.all([
      client.publish(microphone, 'microphone'),
      client.publish(camera, 'camera', { codecs: [codec] }),
    ]);
  }
  await client.join();
  noteQuality(() => client.quality().level);
}
