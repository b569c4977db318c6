/** Plays three rising tones on a speaker. Resolves when they are over. */
export async function testSpeaker(speakerId: string | undefined): Promise<void> {
  const context = new AudioContext();
  const target = context.createMediaStreamDestination();
  const player = new Audio();
  player.srcObject = target.stream;
  // A speaker that was unplugged: the tones come from the usual one.
  if (speakerId !== undefined && 'setSinkId' in player) await player.setSinkId(speakerId).catch(() => {});
  const gain = context.createGain();
  gain.gain.value = 0.25;
  gain.connect(target);
  await player.play();
  await Promise.all(
    [523.25, 659.25, 783.99].map((frequency, index) => tone(context, gain, frequency, index)),
  );
  player.srcObject = null;
  await context.close();
}

async function tone(context: AudioContext, out: AudioNode, frequency: number, index: number): Promise<void> {
  const oscillator = context.createOscillator();
  oscillator.frequency.value = frequency;
  oscillator.connect(out);
  const begin = context.currentTime + 0.1 + index * 0.35;
  const ended = new Promise((resolve) => oscillator.addEventListener('ended', resolve, { once: true }));
  oscillator.start(begin);
  oscillator.stop(begin + 0.3);
  await ended;
}
