/** What the pages of the benchmark `quality` share: the devices, and notes of what a person would see and hear. */

/** Where a page goes, and what it does there. */
export interface CallPlace {
  readonly side: 'ours' | 'janus';
  /** ws: address of the server. */
  readonly url: string;
  /** Also a number, which Janus wants. */
  readonly roomId: string;
  readonly role: 'sender' | 'receiver';
  readonly codec: string;
  /** For ours. */
  readonly peerId: string;
  readonly token: string;
}

/** A frame that was decoded. Times are milliseconds since the epoch, which all pages of a machine share. */
export interface SeenFrame {
  readonly at: number;
  /** The height of the picture. */
  readonly lines: number;
}

/** Of all the sound until then: the samples that were played, and those that the player made up for lost ones. */
export interface HeardSound {
  readonly at: number;
  readonly samples: number;
  readonly concealed: number;
}

/** What the page says of its own connection. */
export interface ToldQuality {
  readonly at: number;
  readonly level: string;
}

export interface CallNotes {
  readonly frames: readonly SeenFrame[];
  readonly sounds: readonly HeardSound[];
  readonly told: readonly ToldQuality[];
}

/** What the benchmark calls in a page. */
export interface CallPage {
  enter(place: CallPlace): Promise<void>;
  /** What happened since it was called last. */
  notes(): CallNotes;
}

declare global {
  var callPage: CallPage;
}

/** How often sound and quality are looked at, in milliseconds. */
const lookEveryMs = 250;
const now = () => performance.timeOrigin + performance.now();
const empty = () => ({ frames: [] as SeenFrame[], sounds: [] as HeardSound[], told: [] as ToldQuality[] });
let noted = empty();

export function takeNotes(): CallNotes {
  const taken = noted;
  noted = empty();
  return taken;
}

/** Notes the frames of a picture, not from an element: a page behind another one paints once a second. */
export async function watchPicture(track: MediaStreamTrack): Promise<void> {
  const reader = new MediaStreamTrackProcessor({ track }).readable.getReader();
  for (let next = await reader.read(); next.value; next = await reader.read()) {
    noted.frames.push({ at: now(), lines: next.value.displayHeight });
    next.value.close();
  }
}

/** Plays a sound, without which nothing of it is asked of the player, and notes how much the player made up. */
export function listen(track: MediaStreamTrack, statistics: () => Promise<RTCStatsReport>): void {
  const element = new Audio();
  element.srcObject = new MediaStream([track]);
  void element.play();
  const look = async () => {
    for (const entry of (await statistics()).values()) {
      if (entry.type !== 'inbound-rtp' || entry.kind !== 'audio') continue;
      const concealed = entry.concealedSamples - (entry.silentConcealedSamples ?? 0);
      noted.sounds.push({ at: now(), samples: entry.totalSamplesReceived, concealed });
    }
  };
  const timer = setInterval(() => void look(), lookEveryMs);
  track.addEventListener('ended', () => clearInterval(timer));
}

/** Notes what the page says of its own connection. */
export function noteQuality(level: () => string): void {
  setInterval(() => noted.told.push({ at: now(), level: level() }), lookEveryMs);
}

export async function openDevices(): Promise<{ camera: MediaStreamTrack; microphone: MediaStreamTrack }> {
  const stream = await navigator.mediaDevices.getUserMedia({
    video: { width: 1280, height: 720, frameRate: 30 },
    audio: true,
  });
  const [camera] = stream.getVideoTracks();
  const [microphone] = stream.getAudioTracks();
  if (!camera || !microphone) throw new Error('the browser gave no camera or no microphone');
  return { camera, microphone };
}
