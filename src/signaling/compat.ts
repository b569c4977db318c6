/**
 * Three generations of clients speak this protocol. The methods know only the shapes of the first; what the others
 * read or write differently is here, and nowhere else.
 */

type Fields = Readonly<Record<string, unknown>>;

/** What a connection has shown of its generation so far. */
export interface Dialect {
  /** Statistics are wanted as {stats} instead of the bare array. */
  wrapsStats: boolean;
}

/** Data of a request in the newer shape, turned into the first one. */
export function readData(method: string, data: unknown, dialect: Dialect): unknown {
  if (method !== 'createWebRtcTransport' || !isFields(data) || !isFields(data.appData)) return data;
  const { direction } = data.appData;
  if (direction !== 'producer' && direction !== 'consumer') return data;
  dialect.wrapsStats = true;
  return { ...data, producing: direction === 'producer', consuming: direction === 'consumer' };
}

/** A result with the fields that newer clients read beside those of the first. */
export function writeResult(method: string, result: unknown, dialect: Dialect): unknown {
  if (Array.isArray(result)) return dialect.wrapsStats ? { stats: result } : result;
  const field = resultAliases[method];
  if (!field || !isFields(result)) return result;
  return { ...result, [field.name]: field.whole ? result : result.id };
}

/** Data of a notification, or of a request of the server, with the newer fields. */
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

/** The field that is added: a copy of the whole result, or of its id. */
const resultAliases: Readonly<Record<string, { name: string; whole: boolean }>> = {
  getRouterRtpCapabilities: { name: 'routerRtpCapabilities', whole: true },
  createWebRtcTransport: { name: 'transportId', whole: false },
  restartIce: { name: 'iceParameters', whole: true },
  produce: { name: 'producerId', whole: false },
  produceData: { name: 'dataProducerId', whole: false },
  consume: { name: 'consumerId', whole: false },
};

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
