'use client';

import { createContext, type ReactNode, useContext, useEffect, useRef, useState } from 'react';
import { type CallState, type ClientError, TureenClient, type TureenClientOptions } from 'tureen-client';
import { ChatLog } from './store.ts';

/** The call that a component is in. */
export interface Call {
  /** Null on a server, and until the first effect in a browser. */
  readonly client: TureenClient | null;
  readonly state: CallState;
  /** Why it reconnects, or has ended. */
  readonly error: ClientError | undefined;
}

interface Room extends Call {
  readonly chat: ChatLog | null;
}

const outside: Room = { client: null, chat: null, state: 'new', error: undefined };
const RoomContext = createContext<Room | undefined>(undefined);

export interface TureenRoomProps {
  /** As for a TureenClient. They are read once: give the component another `key` for another call. */
  readonly options: TureenClientOptions;
  /** The call is over; `error.code` says why, such as `left` or `removed`. */
  readonly onEnded?: (error: ClientError | undefined) => void;
  readonly children?: ReactNode;
}

/** Joins a room while it is on the page, for the hooks and components inside. */
export function TureenRoom({ options, onEnded, children }: TureenRoomProps) {
  const [room, setRoom] = useState(outside);
  const given = useRef(options);
  const ended = useRef(onEnded);
  useEffect(() => {
    ended.current = onEnded;
  });
  useEffect(() => {
    const client = new TureenClient(given.current);
    const chat = new ChatLog(client);
    let isGone = false;
    setRoom({ client, chat, state: client.state, error: undefined });
    const stop = client.on('state', ({ state, error }) => {
      setRoom({ client, chat, state, error });
      if (state === 'ended') ended.current?.(error);
    });
    // In its strict mode React takes every effect back once before it stays; nobody should see us come and go.
    queueMicrotask(() => {
      // How it went is in the state.
      if (!isGone) client.join().catch(() => {});
    });
    return () => {
      isGone = true;
      stop();
      void client.leave();
    };
  }, []);
  return <RoomContext.Provider value={room}>{children}</RoomContext.Provider>;
}

/** @throws Error outside of a TureenRoom */
export function useRoom(): Room {
  const room = useContext(RoomContext);
  if (room) return room;
  throw new Error('the hooks and components of tureen-react work inside <TureenRoom options={...}> only');
}

/** The call: its client, its state, and why it reconnects or has ended. */
export function useCall(): Call {
  return useRoom();
}

/** While a socket that was cut is replaced, media and messages go on. */
export const isInCall = (state: CallState) => state === 'joined' || state === 'resuming';
