import { ClientError, type RemoteTrack, TureenClient, type TureenClientOptions } from 'tureen-client';

const query = new URLSearchParams(location.search);
const options: TureenClientOptions = {
  url: query.get('server') ?? 'http://localhost:3000',
  roomId: query.get('room') ?? 'kitchen',
  displayName: query.get('name') ?? 'Somebody',
};
const client = new TureenClient(options);

function say(text: string): void {
  document.title = text;
}

client.on('trackAdded', ({ peer, track }: { peer: { displayName: string }; track: RemoteTrack }) => {
  const player = document.createElement(track.kind);
  player.dataset.of = peer.displayName;
  document.body.append(player);
  track.attach(player);
  track.on('ended', () => player.remove());
});
client.on('chat', ({ peer, text }) => {
  const line = document.createElement('p');
  line.textContent = `${peer.displayName}: ${text}`;
  document.body.append(line);
});

try {
  await client.join();
  await Promise.all([client.publishCamera(), client.publishMicrophone()]);
  say('joined');
} catch (error) {
  say(error instanceof ClientError ? `${error.code}: ${error.message}` : String(error));
}

Object.assign(globalThis, { client });
