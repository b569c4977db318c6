'use client';

import { type AudioHTMLAttributes, type RefObject, useEffect, useRef, type VideoHTMLAttributes } from 'react';
import type { Publication, RemotePeer, RemoteTrack } from 'tureen-client';
import { usePublications, useTracks } from './hooks.ts';
import { useRoom } from './room.tsx';

export interface TrackViewProps extends VideoHTMLAttributes<HTMLVideoElement> {
  readonly track: RemoteTrack;
}

/** Shows a track of another peer. It is received in the size in which it is shown, and not at all while out of view. */
export function TrackView({ track, ...attributes }: TrackViewProps) {
  const element = useAttached<HTMLVideoElement>(track);
  return <video ref={element} autoPlay playsInline muted {...attributes} />;
}

export interface TrackSoundProps extends AudioHTMLAttributes<HTMLAudioElement> {
  readonly track: RemoteTrack;
}

/** Plays a sound of another peer. */
export function TrackSound({ track, ...attributes }: TrackSoundProps) {
  const element = useAttached<HTMLAudioElement>(track);
  return <audio ref={element} autoPlay {...attributes} />;
}

/**
 * For the element that has the place for camera and screen of a peer, whether they are received or not. In a large call they
 * are received while it is in view, and only then among `useTracks`.
 */
export function useView<E extends Element>(peer: RemotePeer): RefObject<E | null> {
  const { client } = useRoom();
  const element = useRef<E>(null);
  useEffect(() => {
    const { current } = element;
    if (!client || !current) return undefined;
    const ends = (['camera', 'screen'] as const).map((source) => client.view(peer, source, current));
    return () => {
      for (const end of ends) end();
    };
  }, [client, peer]);
  return element;
}

/** For the element that plays the track. */
function useAttached<E extends HTMLMediaElement>(track: RemoteTrack) {
  const element = useRef<E>(null);
  useEffect(() => (element.current ? track.attach(element.current) : undefined), [track]);
  return element;
}

/** Plays all that is said in the call. Have it once on the page. */
export function RoomSound() {
  const sounds = useTracks().filter(({ kind }) => kind === 'audio');
  return (
    <>
      {sounds.map((track) => (
        <TrackSound key={track.key} track={track} />
      ))}
    </>
  );
}

export interface PublicationViewProps extends VideoHTMLAttributes<HTMLVideoElement> {
  readonly publication: Publication;
}

/** Shows what this side sends. A camera is mirrored, as people know themselves. */
export function PublicationView({ publication, style, ...attributes }: PublicationViewProps) {
  const element = useRef<HTMLVideoElement>(null);
  // Another device is another track of the same publication.
  usePublications();
  const { track, source } = publication;
  useEffect(() => {
    if (element.current) element.current.srcObject = new MediaStream([track]);
  }, [track]);
  const mirrored = source === 'camera' ? { transform: 'scaleX(-1)', ...style } : style;
  return <video ref={element} autoPlay playsInline muted style={mirrored} {...attributes} />;
}
