/**
 * Every error that a user can meet, in one table. The code is stable: it opens the `errorReason` of a signaling
 * reply (`not_found: ...`), the reason of a refused connection and the `code` of an HTTP problem.
 *
 * - `status` is the HTTP-like number of a signaling reply and the status of an HTTP answer.
 * - `retryable` tells a client whether the same call may succeed later without anything being changed.
 */
export const errorCodes = {
  invalid_message: {
    status: 400,
    retryable: false,
    doc: 'The frame or the body is not JSON, is nested too deep, or lacks the envelope.',
  },
  invalid_params: {
    status: 400,
    retryable: false,
    doc: 'What was sent does not fit the schema of the method or operation; the reason names the field and what it wants.',
  },
  media_rejected: {
    status: 400,
    retryable: false,
    doc: 'The media worker refused RTP, DTLS or SCTP parameters; the reason says which.',
  },
  unauthorized: {
    status: 401,
    retryable: false,
    doc: 'No token or key was given, or it is expired, not yet valid, malformed or signed with an unknown key.',
  },
  forbidden: {
    status: 403,
    retryable: false,
    doc: 'The token or key is good but does not allow this: another room, another peer, a missing grant or scope.',
  },
  foreign_origin: {
    status: 403,
    retryable: false,
    doc: 'A web page of another origin called, which TUREEN_ALLOWED_ORIGINS does not name. The scheme and the port belong to an origin.',
  },
  no_sub_protocol: {
    status: 403,
    retryable: false,
    doc: 'The handshake of a WebSocket offers no sub-protocol that the address takes; the reason names those that it takes.',
  },
  removed: { status: 403, retryable: false, doc: 'A moderator removed this peer from the room.' },
  banned: {
    status: 403,
    retryable: false,
    doc: 'This identity, token or address is banned from the room or the server; the reason says until when.',
  },
  room_locked: {
    status: 403,
    retryable: true,
    doc: 'A moderator locked the room: nobody new may enter for now.',
  },
  room_full: { status: 403, retryable: true, doc: 'The room has as many peers as it may have.' },
  not_found: {
    status: 404,
    retryable: false,
    doc: 'No such room, peer or object. A foreign id answers exactly like an unknown one.',
  },
  unknown_method: { status: 404, retryable: false, doc: 'The protocol has no method of that name.' },
  method_not_allowed: {
    status: 405,
    retryable: false,
    doc: 'This address exists, but not for this HTTP method; `Allow` lists those that it has.',
  },
  wrong_state: {
    status: 409,
    retryable: false,
    doc: 'The call came at the wrong time: before join, twice, for a closed object, or for one that is there already.',
  },
  ticket_refused: {
    status: 409,
    retryable: true,
    doc: 'The ticket to resume with is not good any more, or is not for this peer: connect without it, and join.',
  },
  replaced: {
    status: 409,
    retryable: false,
    doc: 'The same peer connected to the room again; the newer connection replaced this one.',
  },
  left: { status: 410, retryable: false, doc: 'The peer left the call by itself.' },
  room_closed: { status: 410, retryable: false, doc: 'The room was closed for everyone.' },
  gone: {
    status: 410,
    retryable: true,
    doc: 'The peer, transport or worker ended while the call was on its way, or the worker did not answer in time.',
  },
  precondition_failed: {
    status: 412,
    retryable: false,
    doc: 'What `If-Match` names is not the state any more; read it again, then decide.',
  },
  too_large: {
    status: 413,
    retryable: false,
    doc: 'The body of a request has more bytes than are taken; the reason says how many are.',
  },
  unsupported_media_type: {
    status: 415,
    retryable: false,
    doc: 'The `Content-Type` of the body is not one that the address takes; the reason names those that it takes.',
  },
  unsupported: {
    status: 415,
    retryable: false,
    doc: 'The device of this peer cannot receive that producer; or the old protocol asks for what this server does not have.',
  },
  idempotency_mismatch: {
    status: 422,
    retryable: false,
    doc: 'REST: this `Idempotency-Key` came before with another request; take a new key for each thing to create.',
  },
  limit_reached: {
    status: 429,
    retryable: false,
    doc: 'A configured limit is reached; the reason names it.',
  },
  flood: {
    status: 429,
    retryable: true,
    doc: 'Messages or requests came faster than the limit; a socket is closed with 1008 when it lasts.',
  },
  join_timeout: {
    status: 408,
    retryable: true,
    doc: 'The socket was open for too long without joining, and was closed.',
  },
  internal: {
    status: 500,
    retryable: true,
    doc: 'A mistake of the server. It is in the log under the time of the reply.',
  },
  overloaded: {
    status: 503,
    retryable: true,
    doc: 'The server has too few file descriptors left for another connection.',
  },
  unconfirmed: {
    status: 504,
    retryable: true,
    doc: 'Another node of the mesh did not answer: what was asked may or may not have been done there; the reason names the node.',
  },
  storage_busy: {
    status: 503,
    retryable: true,
    doc: 'Another program has the database locked, so nothing was stored; `Retry-After` says when to try again.',
  },
  storage_unavailable: {
    status: 507,
    retryable: true,
    doc: 'The data disk is full, read-only, slow or gone, so nothing was stored; the reason says which, and what to do. Removing, muting and closing go on without it, and say so.',
  },
  busy: {
    status: 503,
    retryable: true,
    doc: 'The server is full: it lets nobody new in, so that the calls that it has go on. The reason may name other servers.',
  },
  draining: { status: 503, retryable: true, doc: 'The server is about to end and takes no new rooms.' },
  worker_unavailable: {
    status: 503,
    retryable: true,
    doc: 'No media worker runs and answers at the moment, and a new one is being started; or it has no ports or file descriptors left. The reason says which.',
  },
  invalid_sdp: {
    status: 400,
    retryable: false,
    doc: 'WHIP and WHEP: the session description or fragment is malformed, or lacks what WebRTC needs; the reason says what.',
  },
  not_live: {
    status: 409,
    retryable: true,
    doc: 'WHEP: nobody sends what is to be watched; Retry-After says when to ask again.',
  },
  unacceptable_offer: {
    status: 422,
    retryable: false,
    doc: 'WHIP and WHEP: the offer can be read but not served: no codec in common, two tracks of a kind, no bundle.',
  },
  precondition_required: {
    status: 428,
    retryable: false,
    doc: 'WHIP and WHEP: a PATCH lacks If-Match, with the ETag of the ICE session or * for a restart of ICE.',
  },
} as const satisfies Record<string, { status: number; retryable: boolean; doc: string }>;

export type ErrorCode = keyof typeof errorCodes;

/** The one error class of the server. Its message is read by users: what is wrong, what was expected, what to do. */
export class SfuError extends Error {
  override readonly name = 'SfuError';
  /** Seconds after which the same call may succeed, where that is known. */
  readonly retryAfterSeconds: number | undefined;

  constructor(
    readonly code: ErrorCode,
    message: string,
    options: ErrorOptions & { readonly retryAfterSeconds?: number } = {},
  ) {
    super(message, options);
    this.retryAfterSeconds = options.retryAfterSeconds;
  }

  /** HTTP-like number, e.g. 404. */
  get status(): number {
    return errorCodes[this.code].status;
  }

  /** Whether the same call may succeed later. */
  get retryable(): boolean {
    return errorCodes[this.code].retryable;
  }

  /** What goes over the wire: the stable code, then the sentence. */
  get reason(): string {
    return `${this.code}: ${this.message}`;
  }
}

/** Reads any thrown value as an SfuError; an unforeseen one becomes `internal`, whose text does not reach the client. */
export function toSfuError(thrown: unknown): SfuError {
  if (thrown instanceof SfuError) return thrown;
  return new SfuError(
    'internal',
    'the server made a mistake; it was logged. Try again, and report it if it stays',
    {
      cause: thrown,
    },
  );
}
