import type { HostMeasures } from '../../core/findings.ts';
import { expiryOf, readTls } from '../tls.ts';
import type { CheckContext } from './context.ts';
import { freeBytes } from './system.ts';

export const nothingMeasured: HostMeasures = {
  dataFreeBytes: undefined,
  certificateEnd: undefined,
  clockSynchronized: undefined,
};

/** Measures what the checks judge, so that it can be seen before a finding comes of it. */
export async function measureHost({ config, now, clockSynchronized }: CheckContext): Promise<HostMeasures> {
  const { dataDir } = config;
  // What cannot be read is a finding of its check.
  const unreadable = () => undefined;
  const [dataFreeBytes, certificate] = await Promise.all([
    dataDir === undefined ? undefined : freeBytes(dataDir).catch(unreadable),
    readTls(config, now()).catch(unreadable),
  ]);
  return {
    dataFreeBytes,
    certificateEnd: certificate && expiryOf(certificate),
    clockSynchronized: clockSynchronized(),
  };
}
