import { type FormEvent, useState } from 'react';
import type { ClientError } from 'tureen-client';

/** What is chosen before the call. */
export interface Choice {
  readonly roomId: string;
  readonly displayName: string;
  /** Whether microphone and camera are on from the start. */
  readonly devices: boolean;
}

export interface LobbyProps {
  /** Why the last call ended. */
  readonly end: ClientError | undefined;
  readonly onEnter: (choice: Choice) => void;
}

export function Lobby({ end, onEnter }: LobbyProps) {
  const [devices, setDevices] = useState(true);
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const fields = new FormData(event.currentTarget);
    onEnter({ roomId: String(fields.get('room')), displayName: String(fields.get('name')), devices });
  };
  return (
    <form className="lobby" onSubmit={submit}>
      <h1>Join a call</h1>
      {end && <p role="alert">{end.code === 'left' ? 'You have left the call.' : end.message}</p>}
      <label>
        Your name
        <input name="name" required maxLength={80} autoComplete="name" />
      </label>
      <label>
        Room
        <input name="room" required maxLength={128} defaultValue="kitchen" />
      </label>
      <label className="choice">
        <input type="checkbox" checked={devices} onChange={({ target }) => setDevices(target.checked)} />
        With microphone and camera
      </label>
      <button type="submit">Join</button>
    </form>
  );
}
