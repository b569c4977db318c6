/** Runs in a page: a microphone that hums. The fake one beeps, too shortly to be taken for speech where silence is not sent. */
export function hum(): void {
  const { mediaDevices } = navigator;
  const open = mediaDevices?.getUserMedia.bind(mediaDevices);
  if (!open) return;
  mediaDevices.getUserMedia = async (constraints) => {
    if (!constraints?.audio) return await open(constraints);
    const context = new AudioContext();
    const microphone = context.createMediaStreamDestination();
    const voice = new OscillatorNode(context, { type: 'sawtooth', frequency: 140 });
    voice.connect(microphone);
    voice.start();
    return microphone.stream;
  };
}
