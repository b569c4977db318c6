import { useEffect, useRef } from 'react';
import { Chat, DeviceSelect, MediaControls, Participants, useCall, usePeers, useSource } from 'tureen-react';

export interface CallProps {
  readonly roomId: string;
  readonly devices: boolean;
}

/** Everybody, the controls, the devices and the chat. */
export function Call({ roomId, devices }: CallProps) {
  const { state, error } = useCall();
  const others = usePeers().length;
  useDevicesOnce(devices && state === 'joined');
  return (
    <div className="call">
      <h1>{roomId}</h1>
      <p role="status">{error ? error.message : sentences[state]?.(others)}</p>
      <Participants>{(peer) => peer.handRaisedAt !== null && <span>raises a hand</span>}</Participants>
      <MediaControls />
      <details>
        <summary>Devices</summary>
        <DeviceSelect kind="camera" />
        <DeviceSelect kind="microphone" />
      </details>
      <Chat />
    </div>
  );
}

const sentences: Readonly<Record<string, (others: number) => string>> = {
  connecting: () => 'Joining…',
  rejoining: () => 'One moment, the media is being rebuilt.',
  reconnecting: () => 'One moment, the connection broke.',
  resuming: () => 'One moment, the connection is slow.',
  joined: (others) => (others === 0 ? 'Nobody else is here yet.' : `${others + 1} people are here.`),
};

/** Turns microphone and camera on when the call has begun. What cannot be opened says so beside the controls. */
function useDevicesOnce(wanted: boolean): void {
  const switches = [useSource('microphone'), useSource('camera')];
  const done = useRef(false);
  useEffect(() => {
    if (!wanted || done.current) return;
    done.current = true;
    for (const { on, toggle } of switches) if (!on) void toggle();
  });
}
