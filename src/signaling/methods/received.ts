import { Type } from '@sinclair/typebox';
import { Nothing } from '../../core/schemas.ts';
import { defineMethod } from '../method.ts';

export const received = defineMethod({
  name: 'received',
  doc: 'Says how many frames of the server have come, of a client that can resume: the server keeps the others, so that nothing is lost when the socket is cut.',
  params: Type.Object({
    count: Type.Integer({
      minimum: 0,
      description: 'frames of all kinds since the first socket of the stay, but for `resumed`',
    }),
  }),
  result: Nothing,
  state: 'connected',
  grant: 'none',
  asNotification: true,
  errors: [],
  example: { count: 12 },
  run({ acknowledge }, { count }) {
    acknowledge(count);
    return {};
  },
});
