import { useState } from 'react';
import type { ClientError } from 'tureen-client';
import { TureenRoom } from 'tureen-react';
import { Call } from './Call.tsx';
import { type Choice, Lobby } from './Lobby.tsx';

const server = new URLSearchParams(location.search).get('server') ?? 'http://localhost:3000';

/** The lobby, then the call, then the lobby again with the reason why it ended. */
export function App() {
  const [choice, setChoice] = useState<Choice>();
  const [end, setEnd] = useState<ClientError>();
  if (!choice) return <Lobby end={end} onEnter={setChoice} />;
  const ended = (error: ClientError | undefined) => {
    setEnd(error);
    setChoice(undefined);
  };
  const { roomId, displayName } = choice;
  return (
    <TureenRoom options={{ url: server, roomId, displayName }} onEnded={ended}>
      <Call roomId={roomId} devices={choice.devices} />
    </TureenRoom>
  );
}
