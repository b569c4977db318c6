import { Type } from '@sinclair/typebox';
import { Nothing } from '../../core/schemas.ts';
import { defineMethod } from '../method.ts';

export const reportGap = defineMethod({
  name: 'reportGap',
  doc: 'Says how long nothing of a track arrived while you moved from another server: the longest of all tracks. It is measured by those who run the servers.',
  params: Type.Object({
    milliseconds: Type.Integer({ minimum: 0, maximum: 60_000 }),
  }),
  result: Nothing,
  state: 'joined',
  grant: 'none',
  asNotification: true,
  errors: [],
  example: { milliseconds: 40 },
  run({ reportGap }, { milliseconds }) {
    reportGap(milliseconds);
    return {};
  },
});
