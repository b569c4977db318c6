import { expect, test } from 'bun:test';
import { prebuiltUrl } from '../../worker/prebuilt.ts';

test.skipIf(process.platform !== 'linux')('a prebuilt is named as the releases of mediasoup name it', () => {
  expect(prebuiltUrl('https://example.org/download', '3.27.1', '6.1.0-18-amd64')).toBe(
    `https://example.org/download/3.27.1/mediasoup-worker-3.27.1-linux-${process.arch}-kernel6.tgz`,
  );
});
