import { StrictMode, useState } from 'react';
import { createRoot } from 'react-dom/client';
import {
  Chat,
  DeviceSelect,
  MediaControls,
  Participants,
  TureenRoom,
  useCall,
  usePeers,
  useTracks,
} from 'tureen-react';

const query = new URLSearchParams(location.search);
const options = {
  url: query.get('server') ?? 'http://localhost:3000',
  roomId: query.get('room') ?? 'kitchen',
  displayName: query.get('name') ?? 'Somebody',
};

function App() {
  const [end, setEnd] = useState<string>();
  if (end !== undefined) return <h1>The call is over: {end}</h1>;
  return (
    <TureenRoom options={options} onEnded={(error) => setEnd(error?.code ?? 'ended')}>
      <h1>Kitchen</h1>
      <State />
      <Participants>{(peer) => <small>{peer.device.name}</small>}</Participants>
      <MediaControls />
      <DeviceSelect kind="camera" />
      <DeviceSelect kind="microphone" />
      <Chat />
    </TureenRoom>
  );
}

function State() {
  const { state, error } = useCall();
  const peers = usePeers();
  const cameras = useTracks({ source: 'camera' });
  return (
    <p role="status">
      {error?.message ?? state}, {peers.length} others, {cameras.length} cameras
    </p>
  );
}

const root = document.getElementById('app');
if (root)
  createRoot(root).render(
    <StrictMode>
      <App />
    </StrictMode>,
  );
