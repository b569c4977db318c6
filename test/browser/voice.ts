/** A tone that a microphone gives. */
export interface Voice {
  readonly type: OscillatorType;
  /** Hz. */
  readonly frequency: number;
  /** From 0 for silence to 1. */
  readonly volume: number;
}

/** Heard as speech. The browser's fake microphone beeps, too shortly for that where silence is not sent. */
export const hum: Voice = { type: 'sawtooth', frequency: 140, volume: 1 };

/** Runs in a page: its microphone gives this voice. */
export function speak({ type, frequency, volume }: Voice): void {
  const { mediaDevices } = navigator;
  const open = mediaDevices?.getUserMedia.bind(mediaDevices);
  if (!open) return;
  mediaDevices.getUserMedia = async (constraints) => {
    if (!constraints?.audio) return await open(constraints);
    const context = new AudioContext();
    const microphone = context.createMediaStreamDestination();
    const voice = new OscillatorNode(context, { type, frequency });
    voice.connect(new GainNode(context, { gain: volume })).connect(microphone);
    voice.start();
    return microphone.stream;
  };
}
