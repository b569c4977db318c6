'use client';

import { type FormEvent, type ReactNode, useId, useState } from 'react';
import type { RemotePeer } from 'tureen-client';
import { messageOf } from './errors.ts';
import {
  type SourceSwitch,
  useActiveSpeaker,
  useChat,
  useDevices,
  usePeers,
  usePlayback,
  useSource,
  useTracks,
} from './hooks.ts';
import { PublicationView, RoomSound, TrackView, useView } from './media.tsx';
import { isInCall, useCall } from './room.tsx';

/** Components without a style of their own: their classes begin with `tureen-`. */

export interface ParticipantsProps {
  /** What a tile has beside picture and name. */
  readonly children?: (peer: RemotePeer) => ReactNode;
}

/** Everybody in the call: ourselves, and the others with their pictures, screens and sound. */
export function Participants({ children }: ParticipantsProps) {
  const { client } = useCall();
  const camera = useSource('camera');
  const peers = usePeers();
  const speaker = useActiveSpeaker();
  return (
    <>
      <ul className="tureen-participants" aria-label="Participants">
        <li className="tureen-tile" data-speaking={client !== null && speaker === client.peerId}>
          {camera.publication && camera.on && <PublicationView publication={camera.publication} />}
          <span className="tureen-name">{client?.displayName || 'You'} (you)</span>
        </li>
        {peers.map((peer) => (
          <PeerTile key={peer.id} peer={peer} speaking={speaker === peer.id}>
            {children?.(peer)}
          </PeerTile>
        ))}
      </ul>
      <RoomSound />
    </>
  );
}

interface PeerTileProps {
  readonly peer: RemotePeer;
  readonly speaking: boolean;
  readonly children: ReactNode;
}

function PeerTile({ peer, speaking, children }: PeerTileProps) {
  const element = useView<HTMLLIElement>(peer);
  return (
    <li ref={element} className="tureen-tile" data-speaking={speaking} data-away={peer.away}>
      <PeerPictures peer={peer} />
      <span className="tureen-name">{peer.displayName || peer.id}</span>
      {children}
    </li>
  );
}

function PeerPictures({ peer }: { peer: RemotePeer }) {
  const pictures = useTracks({ peerId: peer.id }).filter(({ kind, muted }) => kind === 'video' && !muted);
  const name = peer.displayName || peer.id;
  return (
    <>
      {pictures.map((track) => (
        <TrackView
          key={track.key}
          track={track}
          aria-label={track.source === 'screen' ? `Screen of ${name}` : `Camera of ${name}`}
        />
      ))}
    </>
  );
}

/** Buttons for microphone, camera and screen, and to leave. */
export function MediaControls({ children }: { readonly children?: ReactNode }) {
  const { client, state } = useCall();
  const microphone = useSource('microphone');
  const camera = useSource('camera');
  const screen = useSource('screen');
  const error = microphone.error ?? camera.error ?? screen.error;
  const joined = isInCall(state);
  return (
    <div className="tureen-controls" role="toolbar" aria-label="Call">
      <SourceButton name="Microphone" source={microphone} enabled={joined} />
      <SourceButton name="Camera" source={camera} enabled={joined} />
      <SourceButton name="Share screen" source={screen} enabled={joined} />
      <PlayButton />
      {children}
      <button type="button" className="tureen-leave" onClick={() => void client?.leave()}>
        Leave
      </button>
      {error && <p role="alert">{error.message}</p>}
    </div>
  );
}

/** Is there while the browser plays no sound, because nobody has clicked on the page yet. */
function PlayButton() {
  const { canPlay, start } = usePlayback();
  if (canPlay) return null;
  return (
    <button type="button" className="tureen-play" onClick={() => void start().catch(() => {})}>
      Play sound
    </button>
  );
}

function SourceButton({ name, source, enabled }: { name: string; source: SourceSwitch; enabled: boolean }) {
  return (
    <button
      type="button"
      aria-pressed={source.on}
      disabled={!enabled || source.busy}
      onClick={() => void source.toggle()}
    >
      {name}
    </button>
  );
}

export interface DeviceSelectProps {
  readonly kind: 'camera' | 'microphone';
  readonly label?: string;
}

/** A choice of cameras or microphones, which is remembered. It changes what is sent; the receivers notice nothing. */
export function DeviceSelect({
  kind,
  label = kind === 'camera' ? 'Camera' : 'Microphone',
}: DeviceSelectProps) {
  const id = useId();
  const { client } = useCall();
  const devices = useDevices()[kind];
  const { publication } = useSource(kind);
  const [error, setError] = useState('');
  const choose = async (deviceId: string) => {
    setError('');
    try {
      await client?.switchDevice(kind, deviceId);
    } catch (thrown) {
      setError(messageOf(thrown));
    }
  };
  return (
    <p className="tureen-device">
      <label htmlFor={id}>{label}</label>
      <select
        id={id}
        disabled={!publication || devices.length === 0}
        value={publication?.track.getSettings().deviceId ?? ''}
        onChange={({ target }) => void choose(target.value)}
      >
        {devices.map((device) => (
          <option key={device.id} value={device.id}>
            {device.label}
          </option>
        ))}
      </select>
      {error && <span role="alert">{error}</span>}
    </p>
  );
}

/** The messages of the call and a field for one's own. A message that was not delivered stays in the field. */
export function Chat() {
  const id = useId();
  const { state } = useCall();
  const { messages, send } = useChat();
  const [text, setText] = useState('');
  const [error, setError] = useState('');
  const [busy, setBusy] = useState(false);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (text.trim() === '') return;
    setBusy(true);
    setError('');
    try {
      await send(text);
      setText('');
    } catch (thrown) {
      setError(messageOf(thrown));
    } finally {
      setBusy(false);
    }
  };
  return (
    <section className="tureen-chat" aria-label="Chat">
      <div role="log" aria-label="Messages">
        {messages.map((message) => (
          <p key={message.id} data-own={message.own}>
            <b>{message.displayName || message.peerId}</b> {message.text}
          </p>
        ))}
      </div>
      <form onSubmit={(event) => void submit(event)}>
        <label htmlFor={id}>Message</label>
        <input id={id} value={text} onChange={({ target }) => setText(target.value)} autoComplete="off" />
        <button type="submit" disabled={busy || !isInCall(state)}>
          Send
        </button>
        {error && <span role="alert">{error}</span>}
      </form>
    </section>
  );
}
