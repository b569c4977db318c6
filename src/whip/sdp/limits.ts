import { SfuError } from '../../core/errors.ts';

/** Lines of a description; the longest of a browser has 200. */
const maxLines = 1000;
/** Characters of a line; the longest of a browser has 150, and an encoder's parameter sets take a few hundred. */
const maxLineLength = 2048;
/** SSRCs in one a=ssrc-group; a group for simulcast has one for each layer. */
const maxGroupMembers = 16;

/** How many lines of a kind a description may have in all its sections together. Other kinds count only for maxLines. */
const maxLinesOf: Readonly<Record<string, number>> = {
  'm=': 16,
  'a=candidate': 128,
  'a=extmap': 64,
  'a=fmtp': 256,
  'a=rid': 32,
  'a=rtcp-fb': 512,
  'a=rtpmap': 256,
  'a=ssrc': 64,
  'a=ssrc-group': 16,
};

/**
 * Checks the size of a session description or fragment before it is parsed, so that a client cannot make the server do
 * much work with one request.
 * @throws SfuError invalid_sdp that names the limit
 */
export function checkSdpLimits(text: string): void {
  // Splits lines as the parser does, and stops at the limit, however long the text is.
  const lines = text.split(/[\r\n]+/, maxLines + 1);
  const counts = new Map<string, number>();
  for (const line of lines) {
    if (line.length > maxLineLength)
      throw tooMuch(`a line of ${line.length} characters`, `send at most ${maxLineLength}`);
    const kind = kindOf(line);
    const max = maxLinesOf[kind];
    if (max === undefined) continue;
    const count = (counts.get(kind) ?? 0) + 1;
    counts.set(kind, count);
    if (count > max) throw tooMuch(`more than ${max} lines ${kind}`, `send at most ${max}`);
    if (kind === 'a=ssrc-group') checkMembers(line);
  }
  if (lines.length > maxLines) throw tooMuch(`more than ${maxLines} lines`, `send at most ${maxLines}`);
}

export function invalidSdp(problem: string): SfuError {
  return new SfuError('invalid_sdp', `the session description is invalid: ${problem}`);
}

/** `m=` for a section, `a=rid` for an attribute. */
function kindOf(line: string): string {
  const [kind = ''] = /^[a-z]=/.exec(line) ?? [];
  return kind === 'a=' ? (/^a=[\w-]*/.exec(line)?.[0] ?? kind) : kind;
}

function checkMembers(line: string): void {
  const members = line.trim().split(/\s+/).length - 1;
  if (members > maxGroupMembers)
    throw tooMuch(`${members} members in one a=ssrc-group`, `send at most ${maxGroupMembers}`);
}

function tooMuch(what: string, advice: string): SfuError {
  return invalidSdp(`it has ${what}; ${advice}`);
}
