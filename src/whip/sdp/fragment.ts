import { parse } from 'sdp-transform';
import { type IceCredentials, invalid } from './offer.ts';

/**
 * Reads what a client sends by PATCH (RFC 8840): its credentials, which tell a restart of ICE. Its candidates are not
 * needed, for the server is ice-lite: it answers at the address from which the client's checks come (RFC 8445).
 * @returns undefined where the fragment names no credentials
 * @throws SfuError invalid_sdp
 */
export function readFragment(text: string): IceCredentials | undefined {
  const lines = text.split(/\r?\n/).filter((line) => line !== '');
  const foreign = lines.find((line) => !/^(?:a=[\w-]+|m=\w+ \d)/.test(line));
  if (lines.length === 0 || foreign !== undefined)
    throw invalid(`a fragment has only a= and m= lines, not "${(foreign ?? '').slice(0, 40)}" (RFC 8840)`);
  const session = parse(`v=0\r\n${lines.join('\r\n')}\r\n`);
  const places = [session, ...session.media];
  const usernameFragment = places.find(({ iceUfrag }) => iceUfrag !== undefined)?.iceUfrag;
  const password = places.find(({ icePwd }) => icePwd !== undefined)?.icePwd;
  if (usernameFragment === undefined && password === undefined) return undefined;
  if (usernameFragment === undefined || password === undefined)
    throw invalid('a fragment that names one of a=ice-ufrag and a=ice-pwd has to name the other, too');
  return { usernameFragment: String(usernameFragment), password: String(password) };
}
