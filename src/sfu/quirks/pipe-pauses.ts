import type { types } from 'mediasoup';

/**
 * `pipeToRouter` passes a pause or resume on to the other router without waiting for the answer, and catches no error
 * (3.27.1, node/lib/Router.js: `void pipeProducer.pause()`).
 * Upstream: no issue found.
 * Without this a worker that dies in that moment leaves a rejection that nobody handles, and the server logs an error
 * for what is the ordinary end of a pipe.
 */
export function passPausesOn({ observer }: types.Consumer, pipeProducer: types.Producer): void {
  observer.removeAllListeners('pause');
  observer.removeAllListeners('resume');
  observer.on('pause', () => void pipeProducer.pause().catch(() => {}));
  observer.on('resume', () => void pipeProducer.resume().catch(() => {}));
}
