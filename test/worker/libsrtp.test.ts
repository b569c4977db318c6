import { expect, test } from 'bun:test';
import { sourceLines } from '../../worker/libsrtp.ts';

const TARGETS = [
  'Debian https://mirror.example.org/debian/ bookworm main',
  'Debian https://mirror.example.org/debian/ bookworm-updates main',
  'Debian https://mirror.example.org/debian/ bookworm main',
  'Example https://packages.example.org/ stable main',
  'Debian https://flat.example.org/ ./ ',
  '',
].join('\n');

test('the source packages are looked for where the packages come from, and third parties are left out', () => {
  expect(sourceLines(TARGETS, () => false)).toBe(
    'deb-src https://mirror.example.org/debian/ bookworm main\n' +
      'deb-src https://mirror.example.org/debian/ bookworm-updates main\n',
  );
});

test('the signatures are checked with the keys of the distribution where they are installed', () => {
  expect(sourceLines('Ubuntu http://mirror.example.org/ubuntu noble universe', () => true)).toBe(
    'deb-src [signed-by=/usr/share/keyrings/ubuntu-archive-keyring.gpg] http://mirror.example.org/ubuntu noble universe\n',
  );
});
