import { ClientError } from './errors.ts';
import type { Media } from './media.ts';
import type { Receiver } from './receiver.ts';
import type { RemoteTrack } from './remote-track.ts';

/**
 * Starts to receive a publication.
 * @param isCurrent whether that media is still the one of the call
 * @throws ClientError
 */
export async function subscribe(
  producerId: string,
  { media, receiver, isCurrent }: { media: Media; receiver: Receiver | undefined; isCurrent: () => boolean },
): Promise<RemoteTrack> {
  const info = await media.request('consume', { producerId, paused: true });
  if (!receiver || !isCurrent()) throw new ClientError('gone', 'the connection was lost; subscribe again');
  receiver.want(producerId);
  try {
    await receiver.offer(info);
  } catch (error) {
    media.request('closeConsumer', { consumerId: info.id }).catch(() => {});
    throw error;
  }
  const track = receiver.track(info.id);
  if (!track) throw new ClientError('gone', `what "${info.peerId}" sent has ended`);
  // The application may have paused it when it learned of it.
  if (!track.paused) await media.request('resumeConsumer', { consumerId: info.id });
  return track;
}
