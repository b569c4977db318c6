import { Nothing } from '../../core/schemas.ts';
import { defineMethod } from '../method.ts';

export const getRtcStatsUrl = defineMethod({
  name: 'getRtcStatsUrl',
  doc: 'Answers with nothing: there is no such address. One generation of clients asks for it first and does not join without a reply.',
  params: Nothing,
  result: Nothing,
  state: 'connected',
  grant: 'none',
  errors: [],
  example: {},
  run: () => ({}),
});
