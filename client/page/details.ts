import type { CallNumbers, Meter, TrackNumbers, TureenClient } from '../index.ts';
import { byId, make } from './dom.ts';
import type { Stage } from './stage.ts';
import { causeTexts, qualityTexts } from './texts.ts';
import type { Tile } from './tile.ts';

const captions = {
  camera: 'Picture',
  microphone: 'Voice',
  screen: 'Screen',
  screenAudio: 'Screen sound',
} as const;
const everySecond = 1000;

/** The dialog of one tile: its connection quality, statistics and display options. */
export class Details {
  readonly #dialog = byId('details', HTMLDialogElement);
  #tile: Tile | undefined;
  #timer: ReturnType<typeof setInterval> | undefined;
  #meter: Meter | undefined;

  constructor(
    private readonly client: TureenClient,
    private readonly stage: Stage,
    signal: AbortSignal,
  ) {
    byId('details-close').addEventListener('click', () => this.#dialog.close(), { signal });
    byId('details-pin').addEventListener('click', () => this.#pin(), { signal });
    byId('details-fullscreen').addEventListener('click', () => this.#fullscreen(), { signal });
    byId('details-float').addEventListener('click', () => this.#float(), { signal });
    byId('details-layers').addEventListener('change', (event) => this.#choose(event), { signal });
    this.#dialog.addEventListener('close', () => clearInterval(this.#timer), { signal });
    client.on('peerLeft', ({ peer }) => this.#tile?.options.peerId === peer.id && this.#dialog.close());
  }

  open(tile: Tile): void {
    this.#tile = tile;
    this.#meter = this.client.meter();
    byId('details-title').textContent = tile.name;
    this.#showLayers();
    this.#showPin();
    byId('details-float').hidden = !tile.canFloat;
    void this.#read();
    clearInterval(this.#timer);
    this.#timer = setInterval(() => void this.#read(), everySecond);
    this.#dialog.showModal();
  }

  close(): void {
    clearInterval(this.#timer);
    this.#dialog.close();
  }

  get #track() {
    const options = this.#tile?.options;
    if (!options || options.own) return undefined;
    return this.client.peers.get(options.peerId)?.track(options.screen ? 'screen' : 'camera');
  }

  #showLayers(): void {
    const fieldset = byId('details-layers', HTMLFieldSetElement);
    const track = this.#track;
    const count = track?.layerCounts.spatial ?? 1;
    fieldset.hidden = count < 2;
    for (const label of fieldset.querySelectorAll('label')) label.remove();
    const names = count === 2 ? ['Low', 'High'] : ['Low', 'Medium', 'High'];
    const choices = [['auto', 'Automatic'], ...names.map((name, layer) => [String(layer), name]).reverse()];
    const chosen = track?.chosenLayers === undefined ? 'auto' : String(track.chosenLayers.spatialLayer);
    for (const [value = '', text = ''] of choices) {
      const radio = make('input', { type: 'radio', name: 'layer', value, checked: value === chosen });
      fieldset.append(make('label', {}, radio, make('span', { textContent: text })));
    }
  }

  #choose(event: Event): void {
    const track = this.#track;
    if (!(event.target instanceof HTMLInputElement) || !track) return;
    const { value } = event.target;
    const temporalLayer = track.layerCounts.temporal - 1;
    const choosing =
      value === 'auto'
        ? track.setAutomaticLayers()
        : track.setPreferredLayers({ spatialLayer: Number(value), temporalLayer });
    choosing.catch(() => {
      // The track has ended; its dialog closes with it.
    });
  }

  #pin(): void {
    if (this.#tile) this.stage.pin(this.#tile.options.id);
    this.#showPin();
  }

  #showPin(): void {
    const pinned = this.#tile !== undefined && this.stage.isPinned(this.#tile.options.id);
    byId('details-pin').setAttribute('aria-pressed', String(pinned));
  }

  #fullscreen(): void {
    const tile = this.#tile;
    this.#dialog.close();
    tile?.toggleFullscreen().catch(() => {
      // A browser may forbid it, e.g. in a frame; the button then does nothing.
    });
  }

  #float(): void {
    const tile = this.#tile;
    this.#dialog.close();
    tile?.toggleFloating().catch(() => {
      // The picture ended at this moment, or the browser has no window to spare.
    });
  }

  async #read(): Promise<void> {
    const tile = this.#tile;
    const numbers = await this.#meter?.read();
    if (!tile || !numbers) return;
    const { peerId, own, screen } = tile.options;
    const { level, score, cause } = this.client.quality(peerId);
    const parts = [qualityTexts[level], cause && causeTexts[cause], score !== null && `(${score} of 10)`];
    const text = parts.filter(Boolean).join(' ');
    const quality = byId('details-quality');
    if (quality.textContent !== text) quality.textContent = text;
    const sources = screen ? ['screen', 'screenAudio'] : ['camera', 'microphone'];
    const tracks = (own ? numbers.sent : numbers.received).filter(
      (track) => track.peerId === peerId && sources.includes(track.source),
    );
    const rows = [...tracks.map(trackRow), ...pathRows(numbers, own)];
    byId('details-numbers').replaceChildren(
      ...rows.map(([name, value]) =>
        make('div', {}, make('dt', { textContent: name }), make('dd', { textContent: value })),
      ),
    );
  }
}

function trackRow(track: TrackNumbers): [string, string] {
  const { width, height, framesPerSecond, bitrate, loss, jitter, codec, limitation } = track;
  const parts = [
    width && height ? `${width} × ${height}` : undefined,
    framesPerSecond === undefined ? undefined : `${Math.round(framesPerSecond)} pictures a second`,
    bitrate === undefined ? undefined : formatBitrate(bitrate),
    loss === undefined ? undefined : `${(loss * 100).toFixed(1)} % lost`,
    jitter === undefined ? undefined : `jitter ${Math.round(jitter)} ms`,
    codec,
    limitation && `limited by ${limitation}`,
  ];
  return [captions[track.source], parts.filter((part) => part).join(', ') || 'nothing yet'];
}

function pathRows({ sendingPath, receivingPath }: CallNumbers, own: boolean): [string, string][] {
  const { roundTripTime, protocol, relayed, availableBitrate } = own ? sendingPath : receivingPath;
  const parts = [
    roundTripTime === undefined ? undefined : `${roundTripTime} ms there and back`,
    protocol?.toUpperCase(),
    relayed ? 'over a relay' : undefined,
    own && availableBitrate !== undefined ? `room for ${formatBitrate(availableBitrate)}` : undefined,
  ].filter((part) => part);
  return parts.length > 0 ? [['Way to the server', parts.join(', ')]] : [];
}

export function formatBitrate(bits: number): string {
  return bits >= 1_000_000 ? `${(bits / 1_000_000).toFixed(1)} Mbit/s` : `${Math.round(bits / 1000)} kbit/s`;
}
