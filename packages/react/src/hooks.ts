'use client';

import { useCallback, useEffect, useMemo, useRef, useState, useSyncExternalStore } from 'react';
import {
  type AttributeChanges,
  type Attributes,
  ClientError,
  type DeviceLists,
  type Permissions,
  type Publication,
  type RemotePeer,
  type RemoteTrack,
  type TrackSource,
  type TureenClient,
  type TureenClientEvents,
  watchDevices,
} from 'tureen-client';
import { asClientError } from './errors.ts';
import { useRoom } from './room.tsx';
import { type ChatMessage, clientStore, type Store } from './store.ts';

const nothing: readonly never[] = [];

/**
 * Reads a value of the client, and again after each of these events; `none` where there is no client yet.
 * @param peerId of whom it is, where it is not of all
 */
function useClientValue<T>(
  events: readonly (keyof TureenClientEvents)[],
  read: (client: TureenClient, peerId?: string) => T,
  none: T,
  peerId?: string,
): T {
  const { client } = useRoom();
  const latest = useRef({ events, read, none });
  const store = useMemo((): Store<T> => {
    const { events, read, none } = latest.current;
    if (!client) return { read: () => none, subscribe: () => () => {} };
    return clientStore(client, events, () => read(client, peerId));
  }, [client, peerId]);
  return useSyncExternalStore(store.subscribe, store.read, () => none);
}

/** The others in the call. */
export function usePeers(): readonly RemotePeer[] {
  return useClientValue(
    ['state', 'peerJoined', 'peerChanged', 'peerLeft', 'trackAdded', 'trackRemoved', 'hand'],
    ({ peers }): readonly RemotePeer[] => [...peers.values()],
    nothing,
  );
}

/** What is received from the others: from all of them, or from one, or of one source only. */
export function useTracks({
  peerId,
  source,
}: {
  peerId?: string;
  source?: TrackSource;
} = {}): readonly RemoteTrack[] {
  const all = useClientValue(
    ['state', 'peerLeft', 'trackAdded', 'trackChanged', 'trackRemoved'],
    ({ peers }): readonly RemoteTrack[] => [...peers.values()].flatMap(({ tracks }) => [...tracks]),
    nothing,
  );
  return useMemo(
    () =>
      all.filter(
        (track) =>
          (peerId === undefined || track.peerId === peerId) &&
          (source === undefined || track.source === source),
      ),
    [all, peerId, source],
  );
}

/** What this side sends. */
export function usePublications(): readonly Publication[] {
  return useClientValue(
    ['state', 'publicationChanged', 'publicationEnded'],
    ({ publications }): readonly Publication[] => [...publications],
    nothing,
  );
}

/** The id of the active speaker, perhaps our own; null in silence. */
export function useActiveSpeaker(): string | null {
  const { client } = useRoom();
  const [peerId, setPeerId] = useState<string | null>(null);
  useEffect(() => client?.on('activeSpeaker', (speaker) => setPeerId(speaker.peerId)), [client]);
  return peerId;
}

/** Whether that peer is heard at the moment, as several may be; ourselves without an id. */
export function useSpeaking(peerId?: string): boolean {
  const { client } = useRoom();
  const subscribe = useCallback(
    (changed: () => void) => client?.on('speaking', changed) ?? neverChanges(),
    [client],
  );
  const read = () => {
    if (peerId === undefined || peerId === client?.peerId) return client?.speaking ?? false;
    return client?.peers.get(peerId)?.speaking ?? false;
  };
  return useSyncExternalStore(subscribe, read, () => false);
}

/**
 * What a peer says of itself, and moderators of it; ourselves without an id, with a function that changes it.
 * @throws ClientError from that function, as `client.setAttributes`
 */
export function useAttributes(
  peerId?: string,
): readonly [Attributes, (changes: AttributeChanges) => Promise<void>] {
  const { client } = useRoom();
  const id = peerId ?? client?.peerId ?? '';
  const attributes = useClientValue(
    ['state', 'peerJoined', 'peerChanged', 'attributes'],
    (client, of = '') =>
      (of === client.peerId ? client.attributes : client.peers.get(of)?.attributes) ?? noAttributes,
    noAttributes,
    id,
  );
  const change = useCallback(
    async (changes: AttributeChanges) => {
      if (!client) throw new ClientError('not_joined', 'you are not in the call yet');
      if (id === client.peerId) await client.setAttributes(changes);
      else await client.setPeerAttributes(id, changes);
    },
    [client, id],
  );
  return [attributes, change];
}

const noAttributes: Attributes = {};

/** What we may do, and whether a moderator has locked the room. */
export function usePermissions(): Permissions & { readonly locked: boolean } {
  return useClientValue(
    ['state', 'permissions', 'locked'],
    ({ permissions, locked }) => ({ ...permissions, locked }),
    { publish: true, subscribe: true, moderate: false, locked: false },
  );
}

/** The messages since we joined, and a function that writes one. */
export function useChat(): {
  readonly messages: readonly ChatMessage[];
  /** @throws ClientError when it was not delivered */
  readonly send: (text: string) => Promise<void>;
} {
  const { chat } = useRoom();
  const messages = useSyncExternalStore(
    chat?.subscribe ?? neverChanges,
    chat?.read ?? noMessages,
    noMessages,
  );
  const send = useCallback(
    async (text: string) => {
      if (!chat) throw new ClientError('not_joined', 'you are not in the call yet');
      await chat.send(text);
    },
    [chat],
  );
  return { messages, send };
}

const neverChanges = () => () => {};
const noMessages = (): readonly ChatMessage[] => nothing;

/** Whether the browser plays what is received, and a function that starts it in the handler of a click. */
export function usePlayback(): { readonly canPlay: boolean; readonly start: () => Promise<void> } {
  const { client } = useRoom();
  const canPlay = useClientValue(['playback', 'state'], (client) => client.canPlay, true);
  const start = useCallback(async () => await client?.startPlayback(), [client]);
  return { canPlay, start };
}

/** Cameras, microphones and speakers, kept up to date. */
export function useDevices(): DeviceLists {
  const [devices, setDevices] = useState<DeviceLists>({ camera: [], microphone: [], speaker: [] });
  // Their names are known only once the page may use them, which a publication shows: then they are read again.
  const { length } = usePublications();
  useEffect(() => watchDevices(setDevices), [length]);
  return devices;
}

/** A switch for the camera, the microphone or the screen. */
export interface SourceSwitch {
  readonly publication: Publication | undefined;
  readonly on: boolean;
  /** It is being turned on or off. */
  readonly busy: boolean;
  /** Why it could not be turned on; a sentence for people. */
  readonly error: ClientError | undefined;
  readonly toggle: () => Promise<void>;
}

/** Turns a source on and off: the first time it is published, later it is resumed and paused; a screen ends. */
export function useSource(source: 'camera' | 'microphone' | 'screen'): SourceSwitch {
  const { client } = useRoom();
  const publication = usePublications().find((each) => each.source === source);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<ClientError>();
  const on = publication !== undefined && !publication.paused;
  const toggle = useCallback(async () => {
    if (!client) return;
    setBusy(true);
    setError(undefined);
    try {
      await turn(client, source);
    } catch (thrown) {
      setError(asClientError(thrown));
    } finally {
      setBusy(false);
    }
  }, [client, source]);
  return { publication, on, busy, error, toggle };
}

async function turn(client: TureenClient, source: 'camera' | 'microphone' | 'screen'): Promise<void> {
  const publication = client.publication(source);
  if (source === 'screen') {
    if (!publication) await client.publishScreen();
    await publication?.close();
  } else if (publication) {
    if (publication.paused) await publication.resume();
    else await publication.pause({ release: source === 'camera' });
  } else if (source === 'camera') await client.publishCamera();
  else await client.publishMicrophone();
}
