import { Chat, MediaControls, Participants, TureenRoom } from 'tureen-react';

// Rendered on the server, as a call that has not begun; the components are of the browser.
export default function Page() {
  return (
    <TureenRoom options={{ url: 'http://localhost:3000', roomId: 'kitchen' }}>
      <Participants />
      <MediaControls />
      <Chat />
    </TureenRoom>
  );
}
