import { Type } from '@sinclair/typebox';
import { Nothing } from '../../core/schemas.ts';
import { cleanName } from '../../core/text.ts';
import { rename } from '../../sfu/rooms/renaming.ts';
import { defineMethod } from '../method.ts';
import { DisplayName } from '../peer-schemas.ts';

export const changeDisplayName = defineMethod({
  name: 'changeDisplayName',
  doc: 'Changes your display name. The others are notified. Not allowed when the token sets the name.',
  params: Type.Object({ displayName: DisplayName }),
  result: Nothing,
  state: 'joined',
  grant: 'none',
  shows: true,
  asNotification: true,
  errors: ['forbidden'],
  example: { displayName: 'Alice Adams' },
  run({ room, peer }, { displayName }) {
    rename(room, peer, cleanName(displayName));
    return {};
  },
});
