/** Prints how many rejections nobody handled when a worker died while a pause was passed on to it, by "us" or mediasoup. */
import { passPausesOn } from '../../../src/sfu/quirks/pipe-pauses.ts';
import { microphone, opus, RealWorker } from './real-worker.ts';

let rejections = 0;
process.on('unhandledRejection', () => {
  rejections += 1;
});

using home = await RealWorker.start();
using other = await RealWorker.start();
const [from, to] = [await home.router(opus), await other.router(opus)];
const producer = await microphone(from);
const { pipeConsumer, pipeProducer } = await from.pipeToRouter({ producerId: producer.id, router: to });
if (!pipeConsumer || !pipeProducer) throw new Error('nothing was piped');
if (process.argv[2] === 'us') passPausesOn(pipeConsumer, pipeProducer);
const paused = new Promise<void>((resolve) => pipeConsumer.observer.once('pause', resolve));
const died = new Promise((resolve) => void other.worker.once('died', resolve));
process.kill(other.worker.pid, 'SIGSTOP');
await producer.pause();
await paused;
process.kill(other.worker.pid, 'SIGKILL');
await died;
// A rejection counts as unhandled once the microtasks have run.
await new Promise((resolve) => setImmediate(resolve));
console.log(rejections);
