import type { ClientError, QualityCause, QualityLevel, Unreachable } from '../index.ts';

/** The message for a call that ended or could not start: what happened, and what to do. */
export interface Explanation {
  readonly title: string;
  readonly what: string;
  readonly advice: string;
}

const known: Readonly<Record<string, { title: string; what?: string; advice: string }>> = {
  left: {
    title: 'You left the call',
    what: 'The call continues without you.',
    advice: 'You can join again at any time.',
  },
  removed: {
    title: 'You were removed from the call',
    advice: 'If this was a mistake, ask a moderator before you join again.',
  },
  replaced: {
    title: 'The call goes on elsewhere',
    what: 'You joined this room again from another tab or device.',
    advice: 'Continue there, or join again to bring the call back to this tab.',
  },
  room_closed: {
    title: 'The call is over',
    what: 'The room was closed for everyone.',
    advice: 'Joining again opens a new room of the same name.',
  },
  room_full: {
    title: 'The room is full',
    what: 'It has reached its maximum number of people.',
    advice: 'Wait until somebody leaves, then join again. Or meet in another room.',
  },
  room_locked: {
    title: 'The room is locked',
    what: 'A moderator locked it, so nobody else can join for now.',
    advice: 'Ask somebody inside to unlock it, then join again.',
  },
  banned: { title: 'You may not enter', advice: 'Ask the operator of this server to lift the ban.' },
  unauthorized: {
    title: 'You need an invitation',
    advice: 'Open the link that you were sent. If it does not work any more, ask for a new one.',
  },
  forbidden: {
    title: 'This invitation is not for this room',
    advice: 'Check the room, or ask for an invitation to this one.',
  },
  unreachable: {
    title: 'The server cannot be reached',
    what: 'It does not answer, or your device has no network.',
    advice: 'Check your connection, then join again.',
  },
  timeout: {
    title: 'The server does not answer',
    advice: 'Your connection may be very slow. Try again, perhaps over another network.',
  },
  invalid_params: { title: 'This cannot be used', advice: 'Change it and join again.' },
  draining: { title: 'The server is restarting', advice: 'Wait a minute, then join again.' },
  busy: { title: 'The server is full', advice: 'Wait a moment, then join again.' },
  worker_unavailable: { title: 'The server is starting up', advice: 'Wait a moment, then join again.' },
};

/** Explains why the call ended, or did not begin. */
export function explain(error: ClientError): Explanation {
  const text = known[error.code];
  if (!text) {
    return {
      title: 'The call ended',
      what: sentence(error.message),
      advice: `Join again. If that does not help, report this code to the operator of this server: ${error.code}.`,
    };
  }
  return { title: text.title, what: text.what ?? sentence(error.message), advice: text.advice };
}

/** Explains why a publication ended; undefined if the user ended it. */
export function explainPublicationEnd(what: string, reason: string): string | undefined {
  switch (reason) {
    case 'ended':
    case 'ended_by_user':
      return undefined;
    case 'unplugged':
      return `Your ${what} was unplugged. Connect it again or choose another one.`;
    case 'moderator':
      return `A moderator ended your ${what}. You can turn it on again.`;
    case 'not_allowed':
    case 'forbidden':
      return `You may not use your ${what} in this room. Ask a moderator to allow it.`;
    case 'limit_reached':
      return `Your ${what} cannot be added, because a limit of this server is reached. Turn something else off first.`;
    default:
      return `Your ${what} stopped (${reason}). Turn it on again.`;
  }
}

export const qualityTexts: Readonly<Record<QualityLevel, string>> = {
  unknown: 'Nothing is known of this connection yet.',
  lost: 'Hardly anything gets through.',
  poor: 'Poor connection.',
  fair: 'Fair connection.',
  good: 'Everything gets through.',
};

/** What a connection is short of most. */
export const causeTexts: Readonly<Record<QualityCause, string>> = {
  cut: 'The connection is cut.',
  loss: 'Many packets are lost on the way.',
  sound: 'The sound has gaps.',
  delay: 'Everything comes late.',
  freezes: 'The picture freezes.',
  bandwidth: 'There is too little bandwidth for a larger picture.',
};

/** What the user sends, within a sentence. */
export const sourceNames = {
  camera: 'camera',
  microphone: 'microphone',
  screen: 'screen',
  screenAudio: 'sound',
} as const;

const unreachableNames: Readonly<Record<Unreachable[number], string>> = {
  audio: 'voice',
  video: 'picture',
  screen: 'screen',
  data: 'messages',
};

/** Says what of a person does not get through to us; undefined when everything does. */
export function explainUnreachable(sources: Unreachable): string | undefined {
  const [first, ...others] = sources.map((source) => unreachableNames[source]);
  if (first === undefined) return undefined;
  const what = sentence([first, ...others].join(' and ')).slice(0, -1);
  return `${what} cannot be brought here at the moment. Trying again…`;
}

/** Told to the one whose connection it is, over a picture that the server cannot send. */
export const outOfBandwidthText = 'Your connection is too weak for video. The picture comes back by itself.';

/** Who has no name is a guest. */
export function nameOf(person: { readonly displayName: string } | undefined): string {
  return person?.displayName || 'Guest';
}

/** Adds a capital and a full stop to a message of the server or the library. */
export function sentence(text: string): string {
  const whole = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(whole) ? whole : `${whole}.`;
}
