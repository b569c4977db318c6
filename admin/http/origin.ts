import { SfuError } from '../../src/core/errors.ts';
import { equalSecrets } from '../../src/store/secrets.ts';

/**
 * Refuses what a page of somebody else sent. Browsers say where a request comes from by Sec-Fetch-Site, older ones by
 * Origin. @throws SfuError forbidden
 */
export function requireSameOrigin(request: Request): void {
  const site = request.headers.get('sec-fetch-site');
  const origin = request.headers.get('origin');
  const foreignOrigin =
    origin !== null && (!URL.canParse(origin) || new URL(origin).host !== request.headers.get('host'));
  if ((site !== null && site !== 'same-origin') || foreignOrigin) {
    throw new SfuError(
      'forbidden',
      'this was sent by a page of another site; open the dashboard and try there',
    );
  }
}

/** @throws SfuError forbidden when a changing request does not carry the session's token, by header or in its form */
export function requireCsrfToken(request: Request, inForm: string, wanted: string): void {
  const given = request.headers.get('x-csrf-token') ?? inForm;
  if (given === '' || !equalSecrets(given, wanted)) {
    throw new SfuError('forbidden', 'the page is from another session; reload it and try again');
  }
}
