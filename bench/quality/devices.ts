import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../../test/support/network.ts';
import { randomOf } from '../../test/support/random.ts';

const [width, height, framesPerSecond, seconds] = [1280, 720, 20, 2];
const [personWidth, personHeight, sway] = [560, 560, 40];
/** Of a sensor, to each side of the true value. */
const grain = 2;

/** Said over and over. */
const words = `The harbour was quiet when we came in, and the lights on the hill were out. Somebody had left a lamp in the
  window of the old boat house, so we tied up there and carried everything inside before the rain began. In the morning
  the wind had turned, the whole bay was white, and nobody spoke of going home.`;

/**
 * What a microphone hears, for Chromium: speech. Opus repairs lost packets from the next ones only of what it takes for speech, which
 * a tone is not.
 */
export class MicrophoneFile implements Disposable {
  readonly #folder = mkdtempSync(join(tmpdir(), 'tureen-bench-microphone-'));
  readonly path = join(this.#folder, 'speech.wav');

  constructor() {
    run('espeak-ng', '-v', 'en', '-s', '175', '-w', this.path, words);
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/**
 * What a camera sees, for Chromium: a room that stands still and someone who moves in it, with the grain of a sensor. Chromium's
 * own pattern is too easy: all of it fits half a megabit. It is played over and over, and its end fits its beginning.
 */
export class CameraFile implements Disposable {
  readonly path: string;
  readonly #folder = mkdtempSync(join(tmpdir(), 'tureen-bench-camera-'));

  private constructor() {
    this.path = join(this.#folder, 'camera.y4m');
  }

  static async make(): Promise<CameraFile> {
    const file = new CameraFile();
    const writer = Bun.file(file.path).writer();
    writer.write(`YUV4MPEG2 W${width} H${height} F${framesPerSecond}:1 Ip A1:1 C420jpeg\n`);
    for (const frame of frames()) {
      writer.write('FRAME\n');
      writer.write(frame);
      await writer.flush();
    }
    await writer.end();
    return file;
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

function* frames(): Generator<Uint8Array> {
  const random = randomOf(1);
  const [room, person] = [
    texture(width, height, random.next),
    texture(personWidth, personHeight, random.next),
  ];
  const grains = Uint8Array.from({ length: 1 << 20 }, () => random.below(2 * grain + 1));
  const count = framesPerSecond * seconds;
  for (let frame = 0; frame < count; frame += 1) {
    const angle = (2 * Math.PI * frame) / count;
    const left = Math.round((width - personWidth) / 2 + sway * Math.sin(angle));
    const top = Math.round((height - personHeight) / 2 + (sway / 2) * Math.sin(2 * angle));
    const picture = new Uint8Array((width * height * 3) / 2).fill(128);
    const shift = random.below(grains.length);
    for (let y = 0; y < height; y += 1)
      for (let x = 0; x < width; x += 1) {
        const [inX, inY] = [x - left, y - top];
        const isPerson = inX >= 0 && inX < personWidth && inY >= 0 && inY < personHeight;
        const light = isPerson ? person[inY * personWidth + inX] : room[y * width + x];
        const place = y * width + x;
        picture[place] = (light ?? 0) + (grains[(place + shift) % grains.length] ?? 0);
      }
    yield picture;
  }
}

/** Patches of light and dark, from large ones to small ones. */
function texture(across: number, down: number, next: () => number): Uint8Array {
  const sizes = [160, 40, 8];
  const grids = sizes.map((size) => {
    const columns = Math.ceil(across / size) + 1;
    return { size, columns, values: Float32Array.from({ length: columns * (down + size) }, next) };
  });
  const light = new Uint8Array(across * down);
  for (let y = 0; y < down; y += 1)
    for (let x = 0; x < across; x += 1) {
      let sum = 60;
      for (const { size, columns, values } of grids)
        sum += 45 * (values[Math.floor(y / size) * columns + Math.floor(x / size)] ?? 0);
      light[y * across + x] = sum;
    }
  return light;
}
