import { ClientError, type ClientErrorCode } from './errors.ts';

export type DeviceKind = 'camera' | 'microphone' | 'speaker';

/** A device to choose from. Browsers give its name only after the page may use such a device. */
export interface DeviceChoice {
  readonly id: string;
  readonly label: string;
}

export type DeviceLists = Readonly<Record<DeviceKind, readonly DeviceChoice[]>>;

const kinds: Readonly<Record<MediaDeviceKind, DeviceKind>> = {
  videoinput: 'camera',
  audioinput: 'microphone',
  audiooutput: 'speaker',
};

const usualCamera: MediaTrackConstraints = {
  width: { ideal: 1280 },
  height: { ideal: 720 },
  frameRate: { ideal: 30 },
};

const usualMicrophone: MediaTrackConstraints = {
  echoCancellation: true,
  noiseSuppression: true,
  autoGainControl: true,
};

/** Opens a camera. @throws ClientError that says what to do */
export async function openCamera(constraints: MediaTrackConstraints = {}): Promise<MediaStreamTrack> {
  const video = { ...usualCamera, ...constraints };
  return await openOne('camera', () => navigator.mediaDevices.getUserMedia({ video }));
}

/** Opens a microphone. @throws ClientError that says what to do */
export async function openMicrophone(constraints: MediaTrackConstraints = {}): Promise<MediaStreamTrack> {
  const audio = { ...usualMicrophone, ...constraints };
  return await openOne('microphone', () => navigator.mediaDevices.getUserMedia({ audio }));
}

/** Asks the user what to share. @returns the video track, and the audio track if the browser provides it */
export async function openScreen(constraints: MediaTrackConstraints = {}): Promise<MediaStreamTrack[]> {
  requireDevices('screen');
  try {
    const video = { frameRate: { ideal: 15, max: 30 }, ...constraints };
    const stream = await navigator.mediaDevices.getDisplayMedia({ video, audio: true });
    // Keeps text sharp at low bandwidth (https://w3c.github.io/mst-content-hint/).
    for (const track of stream.getVideoTracks()) track.contentHint = 'detail';
    return stream.getTracks();
  } catch (error) {
    throw explain(error, 'screen');
  }
}

/** The connected devices. */
export async function listDevices(): Promise<DeviceLists> {
  const lists: Record<DeviceKind, DeviceChoice[]> = { camera: [], microphone: [], speaker: [] };
  const found = (await globalThis.navigator?.mediaDevices?.enumerateDevices?.()) ?? [];
  for (const { kind, deviceId: id, label } of found) {
    const list = lists[kinds[kind]];
    // Before permission is given, browsers list one device of a kind, without id and name.
    if (id !== '') list.push({ id, label: label || `${kinds[kind]} ${list.length + 1}` });
  }
  return lists;
}

/** Reports the devices now, and whenever one is added or removed. @returns a function that stops it */
export function watchDevices(listener: (devices: DeviceLists) => void): () => void {
  let latest = {};
  const report = async () => {
    const reading = {};
    latest = reading;
    try {
      const lists = await listDevices();
      // A newer list is being read, or nobody wants one any more.
      if (reading === latest) listener(lists);
    } catch {
      // If the browser refuses the list, there are no devices to choose from.
    }
  };
  const devices = globalThis.navigator?.mediaDevices;
  devices?.addEventListener('devicechange', report);
  void report();
  return () => {
    latest = {};
    devices?.removeEventListener('devicechange', report);
  };
}

async function openOne(what: string, open: () => Promise<MediaStream>): Promise<MediaStreamTrack> {
  requireDevices(what);
  try {
    const [track] = (await open()).getTracks();
    if (track) return track;
  } catch (error) {
    throw explain(error, what);
  }
  throw new ClientError('device_missing', `the browser gave no ${what}; connect one, or choose another`);
}

function requireDevices(what: string): void {
  if (globalThis.navigator?.mediaDevices) return;
  throw new ClientError(
    'unsupported',
    `the browser gives this page no ${what}; open it over https, or as http://localhost`,
  );
}

function explain(error: unknown, what: string): ClientError {
  const make = (code: ClientErrorCode, message: string) => new ClientError(code, message, { cause: error });
  switch (error instanceof DOMException ? error.name : '') {
    case 'NotAllowedError':
    case 'SecurityError':
      return make(
        'permission_denied',
        `this page may not use your ${what}; allow it beside the address, or in the settings of your system`,
      );
    case 'NotFoundError':
    case 'OverconstrainedError':
      return make('device_missing', `no ${what} was found; connect one, or choose another`);
    case 'NotReadableError':
    case 'AbortError':
      return make('device_busy', `the ${what} cannot be opened; close other programs that use it`);
    default:
      return make('device_failed', `the ${what} cannot be opened: ${(error as Error)?.message ?? error}`);
  }
}
