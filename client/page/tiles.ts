import type { RemotePeer, TureenClient } from '../index.ts';

/** The pictures of the call, one for each peer. */
export class Tiles {
  readonly #tiles = new Map<string, HTMLElement>();

  constructor(
    private readonly grid: HTMLElement,
    client: TureenClient,
  ) {
    client.on('peerJoined', (peer) => this.#show(peer));
    client.on('peerChanged', (peer) => this.#show(peer));
    client.on('trackAdded', ({ peer }) => this.#show(peer));
    client.on('trackRemoved', ({ peer }) => this.#show(peer));
    client.on('peerLeft', ({ peer }) => {
      this.#tiles.get(peer.id)?.remove();
      this.#tiles.delete(peer.id);
    });
  }

  own(track: MediaStreamTrack): void {
    const tile = this.#tile('own', 'You');
    const video = tile.querySelector('video');
    if (video) {
      video.muted = true;
      video.srcObject = new MediaStream([track]);
    }
  }

  clear(): void {
    this.grid.replaceChildren();
    this.#tiles.clear();
  }

  #show(peer: RemotePeer): void {
    const video = this.#tile(peer.id, peer.displayName).querySelector('video');
    if (!video) return;
    const stream = video.srcObject instanceof MediaStream ? video.srcObject : new MediaStream();
    const wanted = new Set([...peer.tracks].map((track) => track.mediaTrack));
    for (const track of stream.getTracks()) if (!wanted.has(track)) stream.removeTrack(track);
    for (const track of wanted) stream.addTrack(track);
    if (video.srcObject !== stream) video.srcObject = stream;
  }

  #tile(id: string, name: string): HTMLElement {
    let tile = this.#tiles.get(id);
    if (!tile) {
      tile = document.createElement('figure');
      tile.className = 'tile';
      tile.dataset.peer = id;
      const video = document.createElement('video');
      video.autoplay = true;
      video.playsInline = true;
      tile.append(video, document.createElement('figcaption'));
      this.grid.append(tile);
      this.#tiles.set(id, tile);
    }
    const caption = tile.querySelector('figcaption');
    if (caption) caption.textContent = name;
    return tile;
  }
}
