import { type DeviceKind, type DeviceLists, watchDevices } from '../index.ts';
import { make } from './dom.ts';
import type { LocalMedia } from './local-media.ts';
import { testSpeaker } from './speaker-test.ts';

const labels: Readonly<Record<DeviceKind, string>> = {
  camera: 'Camera',
  microphone: 'Microphone',
  speaker: 'Speaker',
};

/** Lists to choose devices from, updated when devices are added or removed. */
export class DeviceMenu {
  readonly #selects = new Map<DeviceKind, HTMLSelectElement>();
  #devices: DeviceLists | undefined;
  readonly #stop: () => void;

  constructor(
    container: HTMLElement,
    private readonly local: LocalMedia,
    private readonly chosen: (kind: DeviceKind, id: string) => void,
  ) {
    container.replaceChildren(...this.#fields(), this.#noiseField());
    const stopWatching = watchDevices((devices) => {
      this.#devices = devices;
      this.#show();
    });
    const stopListening = local.on('changed', () => this.#show());
    this.#stop = () => {
      stopWatching();
      stopListening();
    };
  }

  stop(): void {
    this.#stop();
  }

  #fields(): HTMLElement[] {
    // Only some browsers let a page choose the speaker.
    const canChooseSpeaker = 'setSinkId' in HTMLMediaElement.prototype;
    const kinds: DeviceKind[] = ['camera', 'microphone', ...(canChooseSpeaker ? (['speaker'] as const) : [])];
    return kinds.map((kind) => {
      const select = make('select', { name: kind });
      select.addEventListener('change', () => {
        this.local.choose(kind, select.value);
        this.chosen(kind, select.value);
      });
      this.#selects.set(kind, select);
      const field = make('label', { className: 'field' }, labels[kind], select);
      return kind === 'speaker' ? make('div', { className: 'with-test' }, field, this.#testButton()) : field;
    });
  }

  #testButton(): HTMLElement {
    const test = make('button', { type: 'button', className: 'secondary', textContent: 'Test' });
    test.setAttribute('aria-label', 'Test the speaker');
    test.addEventListener('click', () => {
      test.disabled = true;
      testSpeaker(this.local.chosen('speaker'))
        .catch(() => {
          // Without a speaker there is nothing to be heard, which is what the test shows.
        })
        .finally(() => {
          test.disabled = false;
        });
    });
    return test;
  }

  #noiseField(): HTMLElement {
    const checked = this.local.noiseSuppression;
    const box = make('input', { type: 'checkbox', name: 'noise', checked });
    box.addEventListener('change', () => {
      this.local.setNoiseSuppression(box.checked);
      this.chosen('microphone', this.local.chosen('microphone') ?? '');
    });
    return make('label', { className: 'check' }, box, 'Keep noise out of my microphone');
  }

  #show(): void {
    for (const [kind, select] of this.#selects) {
      const devices = this.#devices?.[kind] ?? [];
      const options = devices.map(({ id, label }) => make('option', { value: id, textContent: label }));
      const none = make('option', { value: '', textContent: `No ${kind} to choose` });
      select.replaceChildren(...(options.length > 0 ? options : [none]));
      select.disabled = options.length === 0;
      const open = kind === 'speaker' ? undefined : this.local.track(kind)?.getSettings().deviceId;
      const current = open ?? this.local.chosen(kind);
      if (devices.some(({ id }) => id === current)) select.value = current ?? '';
    }
  }
}
