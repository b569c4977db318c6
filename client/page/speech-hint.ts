import type { TureenClient } from '../index.ts';
import { notify } from './notices.ts';

const sampleMs = 100;
/** So many of the last samples have to be loud: a word is, a cough or a beep is not. */
const window = 12;
const loudSamples = 8;
/** Decibels below the loudest; a voice near the microphone is above. */
const threshold = -38;
/** A hint is not repeated sooner, in milliseconds. */
const pauseMs = 60_000;

/** Tells the user who speaks while muted. It listens on this device only; nothing is sent. */
export class SpeechHint {
  #stop: () => void = () => {};
  #watched: MediaStreamTrack | undefined;
  #lastHint = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly client: TureenClient,
    private readonly turnOn: () => void,
  ) {
    client.on('publicationChanged', () => this.#follow());
    client.on('publicationEnded', () => this.#follow());
  }

  stop(): void {
    this.#stop();
    this.#stop = () => {};
    this.#watched = undefined;
  }

  #follow(): void {
    const microphone = this.client.publication('microphone');
    const muted = microphone?.paused && !microphone.held && !microphone.released;
    const track = muted ? microphone.track : undefined;
    if (track === this.#watched) return;
    this.stop();
    this.#watched = track;
    if (track) this.#stop = watch(track, () => this.#hint());
  }

  #hint(): void {
    const now = performance.now();
    if (now - this.#lastHint < pauseMs) return;
    this.#lastHint = now;
    notify('You are speaking, but your microphone is off.', { label: 'Turn on', run: this.turnOn });
  }
}

/** Calls the listener when somebody speaks. @returns a function that stops it */
function watch(track: MediaStreamTrack, onSpeech: () => void): () => void {
  // The track itself is silent while it is disabled; a copy of it is not.
  const copy = track.clone();
  copy.enabled = true;
  const context = new AudioContext();
  const analyser = context.createAnalyser();
  analyser.fftSize = 1024;
  context.createMediaStreamSource(new MediaStream([copy])).connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  let recent: boolean[] = [];
  const timer = setInterval(() => {
    analyser.getFloatTimeDomainData(samples);
    const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length;
    recent = [...recent, 10 * Math.log10(power + 1e-12) > threshold].slice(-window);
    if (recent.filter((loud) => loud).length >= loudSamples) onSpeech();
  }, sampleMs);
  return () => {
    clearInterval(timer);
    copy.stop();
    void context.close();
  };
}
