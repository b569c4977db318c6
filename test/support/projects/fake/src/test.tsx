import { act, type ReactNode } from 'react';
import { createRoot } from 'react-dom/client';
import { ClientError } from 'tureen-client';
import { FakeServer, fakeBrowser } from 'tureen-client/fake';
import {
  Chat,
  MediaControls,
  Participants,
  TureenRoom,
  useAttributes,
  useCall,
  usePeers,
  useSpeaking,
} from 'tureen-react';

// What an application developer writes: no server, no devices.
const server = new FakeServer();
const browser = fakeBrowser();
const seen: Record<string, unknown> = {};
const states = new Set<string>();

function Seat({ id }: { id: string }): ReactNode {
  const [attributes] = useAttributes(id);
  return <i data-speaking={useSpeaking(id)}>{`${id} sits at ${attributes.seat ?? 'no table'}`}</i>;
}

function Own(): ReactNode {
  const { state, error } = useCall();
  states.add(state);
  const [attributes, change] = useAttributes();
  return (
    <>
      <p role="status">{error ? error.code : state}</p>
      <button
        type="button"
        id="seat"
        onClick={() => void change({ seat: '4' })}
      >{`seat ${attributes.seat}`}</button>
      {usePeers().map(({ id }) => (
        <Seat key={id} id={id} />
      ))}
    </>
  );
}

const page = document.createElement('main');
document.body.append(page);
const root = createRoot(page);
const find = (selector: string): HTMLElement => {
  const element = page.querySelector<HTMLElement>(selector);
  if (!element) throw new Error(`there is no ${selector} in ${page.innerHTML}`);
  return element;
};
const status = () => find('[role=status]').textContent;

/** Waits until the page shows it. */
async function until(what: string, isThere: () => boolean): Promise<void> {
  const deadline = Date.now() + 20_000;
  while (!isThere()) {
    if (Date.now() > deadline) throw new Error(`${what} did not come: ${page.innerHTML}`);
    await act(() => new Promise((resolve) => setTimeout(resolve, 5)));
  }
}

const bob = await server.join({ roomId: 'kitchen', peerId: 'bob', displayName: 'Bob' });
await bob.publishCamera();
await act(async () => {
  const options = server.options({ roomId: 'kitchen', peerId: 'alice', attributes: { seat: '1' } });
  root.render(
    <TureenRoom options={options}>
      <Own />
      <Participants />
      <MediaControls />
      <Chat />
    </TureenRoom>,
  );
});
await until('the call', () => status() === 'joined');
await until('the picture of Bob', () => page.querySelector('[aria-label="Camera of Bob"]') !== null);
seen.attached = (find('[aria-label="Camera of Bob"]') as HTMLVideoElement).srcObject instanceof MediaStream;

await act(async () => find('#seat').click());
await until('our own seat', () => find('#seat').textContent === 'seat 4');
seen.told = bob.peers.get('alice')?.attributes;
await act(() => bob.setAttributes({ seat: '2' }));
await until('the seat of Bob', () => page.textContent?.includes('bob sits at 2') === true);
await act(async () => server.speak('kitchen', 'bob'));
await until('Bob to speak', () => page.querySelector('i[data-speaking="true"]') !== null);
await act(() => bob.sendChat('soup?'));
await until('the message', () => page.textContent?.includes('soup?') === true);

const arriving = bob.once('trackAdded');
await act(async () => find('[aria-pressed=false]').click());
seen.arrived = (await arriving).track.source;
browser.allow(false);
await act(async () => find('[aria-pressed=false]').click());
await until('the refusal', () => page.querySelector('[role=alert]') !== null);
seen.refused = find('[role=alert]').textContent?.includes('may not use your camera');

await act(async () => server.cut('kitchen', 'alice'));
await until('the call again', () => states.has('reconnecting') && status() === 'joined');
server.refusal = new ClientError('room_full', 'the room has one peer');
await act(async () => server.cut('kitchen', 'alice'));
await until('the end', () => status() === 'room_full');
await act(async () => root.unmount());
browser.restore();
console.log(JSON.stringify(seen));
