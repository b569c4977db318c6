import { isFields } from '../wire/json.ts';
import { type Generation, knows } from './generations.ts';
import type { NotificationName } from './messages.ts';

/**
 * Three generations of clients speak this protocol. The methods use only the form of the first; everything that the
 * others read or write differently is in this file.
 */

type Fields = Readonly<Record<string, unknown>>;

/** What is known so far about the generation of a client. */
export class Dialect {
  /** It expects statistics as {stats} instead of an array. */
  wrapsStats = false;
  #generation: Generation;

  /** @param onKnown called when a message has shown the generation */
  constructor(
    native: boolean,
    private readonly onKnown: () => void,
  ) {
    this.#generation = native ? 'native' : 'unknown';
  }

  get generation(): Generation {
    return this.#generation;
  }

  knows(name: NotificationName): boolean {
    return knows(this.#generation, name);
  }

  /** A message has a form that only one generation uses. */
  recognise(generation: 'first' | 'rewrite'): void {
    if (this.#generation !== 'unknown') return;
    this.#generation = generation;
    this.onKnown();
  }
}

/** Converts the data of a request from the newer form to the first one. */
export function readData(method: string, data: unknown, dialect: Dialect): unknown {
  // Only the rewrites ask for it.
  if (method === 'getRtcStatsUrl') dialect.recognise('rewrite');
  if (method !== 'createWebRtcTransport' || !isFields(data)) return data;
  const direction = isFields(data.appData) ? data.appData.direction : undefined;
  if (direction !== 'producer' && direction !== 'consumer') {
    dialect.recognise('first');
    return data;
  }
  dialect.recognise('rewrite');
  dialect.wrapsStats = true;
  return { ...data, producing: direction === 'producer', consuming: direction === 'consumer' };
}

/** Adds the fields that newer clients read to a result. */
export function writeResult(method: string, result: unknown, dialect: Dialect): unknown {
  if (Array.isArray(result)) return dialect.wrapsStats ? { stats: result } : result;
  const field = resultAliases[method];
  if (!field || !isFields(result)) return result;
  return { ...result, [field.name]: field.whole ? result : result.id };
}

/** Adds the fields that newer clients read to a notification or a request of the server. */
export function writeEvent(name: string, data: Fields): Fields {
  switch (name) {
    case 'newPeer':
      return { ...data, peer: { peerId: data.peerId, displayName: data.displayName, device: data.device } };
    case 'newConsumer':
      return { ...data, consumerId: data.id };
    case 'newDataConsumer':
      return { ...data, dataConsumerId: data.id };
    default:
      return data;
  }
}

/** The field that is added to a result: a copy of the whole result, or of its id. */
const resultAliases: Readonly<Record<string, { name: string; whole: boolean }>> = {
  getRouterRtpCapabilities: { name: 'routerRtpCapabilities', whole: true },
  createWebRtcTransport: { name: 'transportId', whole: false },
  restartIce: { name: 'iceParameters', whole: true },
  produce: { name: 'producerId', whole: false },
  produceData: { name: 'dataProducerId', whole: false },
  consume: { name: 'consumerId', whole: false },
};
