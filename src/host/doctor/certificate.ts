import { expiryOf, readTls } from '../tls.ts';
import { type Check, fatal, warning } from './finding.ts';

const day = 24 * 3600 * 1000;
/** Whatever renews certificates does so about a month before they expire. */
const soon = 14 * day;

/** The certificate, where the server speaks HTTPS itself. */
export const certificate: Check = {
  name: 'certificate',
  async look({ config, now }) {
    const why = 'Browsers refuse to connect, and pages get neither camera nor microphone.';
    const remedy =
      'Renew the certificate; when the files of TUREEN_TLS_CERT and TUREEN_TLS_KEY are replaced, no restart is needed.';
    try {
      const pair = await readTls(config, now());
      if (!pair || expiryOf(pair) - now() > soon) return [];
      const days = Math.floor((expiryOf(pair) - now()) / day);
      return [warning(`the certificate in ${config.tlsCert} expires in ${days} days`, why, remedy)];
    } catch (error) {
      return [fatal((error as Error).message, why, remedy)];
    }
  },
};
