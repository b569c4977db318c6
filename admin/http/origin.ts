import { SfuError } from '../../src/core/errors.ts';
import { equalSecrets } from '../../src/store/secrets.ts';

/**
 * Refuses requests from pages of other sites. Browsers say which site a request comes from in Sec-Fetch-Site, older
 * ones in Origin. @throws SfuError forbidden
 */
export function requireSameOrigin(request: Request): void {
  const site = request.headers.get('sec-fetch-site');
  const origin = request.headers.get('origin');
  const foreignOrigin =
    origin !== null && (!URL.canParse(origin) || new URL(origin).host !== request.headers.get('host'));
  if ((site !== null && site !== 'same-origin') || foreignOrigin) {
    throw new SfuError(
      'forbidden',
      'this request came from a page of another site; open the dashboard and try again there',
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
