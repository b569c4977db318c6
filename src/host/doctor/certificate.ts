import { expiryOf, readTls } from '../tls.ts';
import { type Check, fatal, warning } from './check.ts';

const day = 24 * 3600 * 1000;
/** Certificates are usually renewed a month before they expire, so something is wrong by then. */
const soon = 14 * day;

/** The certificate is valid, where the server itself speaks HTTPS. */
export const certificate: Check = {
  name: 'certificate',
  async run({ config, now }) {
    const why = 'Browsers refuse to connect, and pages get no access to camera and microphone.';
    const remedy =
      'Renew the certificate and replace the files of TUREEN_TLS_CERT and TUREEN_TLS_KEY; no restart is needed.';
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
