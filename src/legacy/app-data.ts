import { Type } from '@sinclair/typebox';
import { SfuError } from '../core/errors.ts';
import { cleanDevice, cleanName } from '../core/text.ts';
import type { Peer } from '../sfu/rooms/peer.ts';
import type { Device } from '../sfu/rooms/peer-state.ts';
import type { Publication } from '../sfu/rooms/publication.ts';
import type { RemotePeer } from '../sfu/rooms/remote-peer.ts';
import { isFields } from '../wire/json.ts';

/** Characters that appData may have as JSON: it is repeated to everyone in the room. */
export const maxAppDataLength = 4096;

export const AnyAppData = Type.Unknown({
  description: `anything of the application, at most ${maxAppDataLength} characters as JSON`,
});

/** @returns the same @throws SfuError invalid_params when it is too long */
export function boundedAppData(appData: unknown): unknown {
  const length = JSON.stringify(appData)?.length ?? 0;
  if (length <= maxAppDataLength) return appData;
  throw new SfuError(
    'invalid_params',
    `appData: expected at most ${maxAppDataLength} characters as JSON, got ${length}`,
  );
}

/** The appData of clients of this node: of their joins, of pauses and of leaving. It is forgotten with what it belongs to. */
export class Attachments {
  readonly #peers = new WeakMap<Peer, unknown>();
  readonly #pauses = new WeakMap<Publication, unknown>();
  #leaving: { readonly sessionId: string; readonly appData: unknown } | undefined;

  joins(peer: Peer, appData: unknown): void {
    this.#peers.set(peer, appData);
  }

  /** What its owner said when it paused or resumed it last. */
  changes(publication: Publication, appData: unknown): void {
    this.#pauses.set(publication, appData);
  }

  ofChange(publication: Publication): unknown {
    return this.#pauses.get(publication);
  }

  /** Calls `remove`, which ends the peer at once. Meanwhile `ofLeaving` returns what its client said with `leave`. */
  leaves({ sessionId }: Peer, appData: unknown, remove: () => void): void {
    this.#leaving = { sessionId, appData };
    remove();
    this.#leaving = undefined;
  }

  ofLeaving(sessionId: string): unknown {
    return this.#leaving?.sessionId === sessionId ? this.#leaving.appData : undefined;
  }

  /**
   * A peer's appData as others get it: what its client attached, if it is of this protocol and on this node. The name and
   * the device are the server's, so that a name that its token sets can be trusted.
   */
  ofPeer(peer: Peer | RemotePeer): unknown {
    const { displayName, device, metadata, attributes } = peer;
    const own = 'identity' in peer ? this.#peers.get(peer) : undefined;
    if (own !== undefined && !isFields(own)) return own;
    return {
      ...own,
      ...(Object.keys(metadata).length > 0 && { metadata }),
      ...(Object.keys(attributes).length > 0 && { attributes }),
      ...{ displayName, device },
    };
  }
}

/** The name and the device in the appData of a join, where applications of that time have them. */
export function nameAndDevice(appData: unknown): { displayName: string; device: Device } {
  const { displayName, device } = isFields(appData) ? appData : {};
  return {
    displayName: typeof displayName === 'string' ? cleanName(displayName.slice(0, 256)) : '',
    device: isFields(device) ? cleanDevice(device) : { flag: 'v2', name: 'mediasoup-client 2' },
  };
}

/** A producer's appData is an object here. Anything else travels in one that has only `appData`. */
export function producerAppData(appData: unknown): Record<string, unknown> {
  if (isFields(appData)) return { ...appData };
  return appData === undefined ? {} : { appData };
}

export function consumerAppData({ info: { appData, source } }: Publication): unknown {
  const keys = Object.keys(appData);
  return keys.length === 1 && keys[0] === 'appData' ? appData.appData : { source, ...appData };
}
