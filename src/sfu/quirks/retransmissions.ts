import type { types } from 'mediasoup';

/**
 * A worker sends lost packets again as often as the client asks, at any rate (3.27.1, worker/src/RTC/RTP/RtpStreamSend.cpp),
 * and those of a larger picture also after it went on to a smaller one, or to none.
 * Upstream: not reported.
 * Without this a line of 100 kbit/s, on which a picture of 1.7 Mbit/s was lost, is sent 5 to 16 Mbit/s for ten seconds and
 * more: the sound starves, the smaller picture does not get through, and the estimate of the bandwidth falls to its least.
 *
 * Forgets what was sent, for which there is no other way than a pause. Both requests leave together, so that no other comes
 * between them. It also makes the worker try whether there is more bandwidth (3.27.1, SetDesiredBitrate in
 * worker/src/RTC/TransportCongestionControlClient.cpp), and costs a key frame.
 */
export async function forgetSentPackets(consumer: types.Consumer): Promise<void> {
  await Promise.all([consumer.pause(), consumer.resume()]);
}
