import { type Publication, TureenClient } from '../index.ts';
import { Tiles } from './tiles.ts';
import { readClaims } from './token.ts';

const element = <T extends HTMLElement>(id: string) => document.getElementById(id) as T;
const query = new URLSearchParams(location.search);
const token = new URLSearchParams(location.hash.slice(1)).get('token') ?? undefined;
const claims = token === undefined ? {} : readClaims(token);

element<HTMLInputElement>('room').value = query.get('room') ?? claims.room ?? 'lobby';
element<HTMLInputElement>('name').value = query.get('name') ?? claims.name ?? '';

element('entrance-form').addEventListener('submit', (event) => {
  event.preventDefault();
  const problem = element('entrance-problem');
  problem.hidden = true;
  enter().catch((error: unknown) => {
    problem.textContent = error instanceof Error ? error.message : String(error);
    problem.hidden = false;
  });
});

async function enter(): Promise<void> {
  const client = new TureenClient({
    roomId: element<HTMLInputElement>('room').value,
    displayName: element<HTMLInputElement>('name').value,
    peerId: claims.sub ?? undefined,
    token,
  });
  const tiles = new Tiles(element('grid'), client);
  Object.assign(globalThis, { tureen: client });
  const status = element('status');
  client.on('state', ({ state, error }) => {
    status.textContent = error ? `${state}: ${error.message}` : state;
    if (state !== 'ended') return;
    element('call').hidden = true;
    element('entrance').hidden = false;
    tiles.clear();
  });
  const write = (from: string, text: string) => {
    const item = document.createElement('li');
    item.textContent = `${from}: ${text}`;
    element('messages').append(item);
  };
  client.on('chat', ({ peer, text }) => write(peer.displayName, text));
  await client.join();
  element('entrance').hidden = true;
  element('call').hidden = false;
  element('chat-form').onsubmit = (event) => {
    event.preventDefault();
    const input = element<HTMLInputElement>('chat-text');
    const text = input.value.trim();
    if (text === '') return;
    input.value = '';
    write('You', text);
    void client.sendChat(text);
  };
  void client.openChannel('chat');
  element('leave').onclick = () => void client.leave();
  const camera = await client.publishCamera();
  tiles.own(camera.track);
  const microphone = await client.publishMicrophone();
  toggles(element('microphone'), microphone);
  toggles(element('camera'), camera);
}

function toggles(button: HTMLElement, publication: Publication): void {
  const show = () => button.setAttribute('aria-pressed', String(!publication.paused));
  publication.on('changed', show);
  show();
  button.onclick = () => void (publication.paused ? publication.resume() : publication.pause());
}
