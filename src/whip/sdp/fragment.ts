import { parse } from 'sdp-transform';
import { checkSdpLimits, invalidSdp } from './limits.ts';
import type { IceCredentials } from './offer.ts';

/**
 * Reads the fragment that a client sends by PATCH (RFC 8840): its credentials, which show an ICE restart. Its candidates
 * are not needed: the server is ice-lite and answers to the address from which the client's checks come (RFC 8445).
 * @returns undefined when the fragment has no credentials
 * @throws SfuError invalid_sdp
 */
export function readFragment(text: string): IceCredentials | undefined {
  checkSdpLimits(text);
  const lines = text.split(/\r?\n/).filter((line) => line !== '');
  const wrongLine = lines.find((line) => !/^(?:a=[\w-]+|m=\w+ \d)/.test(line));
  if (lines.length === 0 || wrongLine !== undefined)
    throw invalidSdp(
      `a fragment has only a= and m= lines, not "${(wrongLine ?? '').slice(0, 40)}" (RFC 8840)`,
    );
  const session = parse(`v=0\r\n${lines.join('\r\n')}\r\n`);
  const levels = [session, ...session.media];
  const usernameFragment = levels.find(({ iceUfrag }) => iceUfrag !== undefined)?.iceUfrag;
  const password = levels.find(({ icePwd }) => icePwd !== undefined)?.icePwd;
  if (usernameFragment === undefined && password === undefined) return undefined;
  if (usernameFragment === undefined || password === undefined)
    throw invalidSdp('a fragment with one of a=ice-ufrag and a=ice-pwd needs the other one, too');
  return { usernameFragment: String(usernameFragment), password: String(password) };
}
