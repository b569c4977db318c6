import type { ProducerEnd } from '../../core/ends.ts';
import type { LocalDataPublication } from './peer.ts';

/** Ends a data channel of a peer. @param reason where it is not by what happened to its peer or transport */
export function closeDataPublication(publication: LocalDataPublication, reason?: ProducerEnd): void {
  publication.ending ??= reason;
  publication.peer.media.ending(publication.dataProducer.id);
  publication.dataProducer.close();
}
