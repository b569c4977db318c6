/** Shows the level of a microphone by lighting the children of an element. @returns a function that stops it */
export function showLevel(track: MediaStreamTrack, element: HTMLElement): () => void {
  const context = new AudioContext();
  const analyser = context.createAnalyser();
  analyser.fftSize = 512;
  context.createMediaStreamSource(new MediaStream([track])).connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  let level = 0;
  let frame = 0;
  const draw = () => {
    analyser.getFloatTimeDomainData(samples);
    const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length;
    // From -60 dB (a quiet room) to -15 dB (a loud voice), falling slowly so that it can be read.
    const now = Math.min(1, Math.max(0, (10 * Math.log10(power + 1e-9) + 60) / 45));
    level = Math.max(now, level - 0.03);
    const lit = Math.round(level * element.childElementCount);
    for (const [index, dot] of [...element.children].entries()) dot.classList.toggle('lit', index < lit);
    frame = requestAnimationFrame(draw);
  };
  draw();
  return () => {
    cancelAnimationFrame(frame);
    for (const dot of element.children) dot.classList.remove('lit');
    void context.close();
  };
}
