/**
 * Three generations of clients speak this protocol. The methods use only the form of the first; everything that the
 * others read or write differently is in this file.
 */

type Fields = Readonly<Record<string, unknown>>;

/** What is known so far about the generation of a client. */
export interface Dialect {
  /** It expects statistics as {stats} instead of an array. */
  wrapsStats: boolean;
}

/** Converts the data of a request from the newer form to the first one. */
export function readData(method: string, data: unknown, dialect: Dialect): unknown {
  if (method !== 'createWebRtcTransport' || !isFields(data) || !isFields(data.appData)) return data;
  const { direction } = data.appData;
  if (direction !== 'producer' && direction !== 'consumer') return data;
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

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
