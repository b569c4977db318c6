import { Nothing } from '../../core/schemas.ts';
import { defineMethod } from '../method.ts';

export const getRtcStatsUrl = defineMethod({
  name: 'getRtcStatsUrl',
  doc: 'Asked first by one generation of clients, which gives up joining without an answer. There is no such address.',
  params: Nothing,
  result: Nothing,
  state: 'connected',
  grant: 'none',
  errors: [],
  example: {},
  run: () => ({}),
});
