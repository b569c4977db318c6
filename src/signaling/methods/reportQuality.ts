import { Type } from '@sinclair/typebox';
import { Nothing, Quality } from '../../core/schemas.ts';
import { reportQuality as report } from '../../sfu/rooms/quality.ts';
import { defineMethod } from '../method.ts';

export const reportQuality = defineMethod({
  name: 'reportQuality',
  doc: 'Says how well media gets through between you and the server, of which only you know how it comes out. The others are told the worse of this and of how the server receives what you send. Report what changed, every two seconds at most.',
  params: Type.Pick(Quality, ['score', 'cause']),
  result: Nothing,
  state: 'joined',
  grant: 'none',
  asNotification: true,
  errors: [],
  example: { score: 6.5, cause: 'loss' },
  run({ room, peer }, quality) {
    report(room, peer, quality);
    return {};
  },
});
