import { Type } from '@sinclair/typebox';
import { AudiencePage, readAudience } from '../audience-page.ts';
import { defineMethod } from '../method.ts';
import { Turnout } from '../peer-schemas.ts';

export const listPeers = defineMethod({
  name: 'listPeers',
  doc: 'Reads who the audience are: those who are counted and not listed, in the order in which they came, page by page. A search may look at a part of a large audience only; then `next` is there however few were found. In a mesh it has those of the server that you are connected to.',
  params: Type.Object({
    after: Type.Optional(Type.Integer({ minimum: 0, description: 'the `next` of the page before' })),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100, description: 'default 50' })),
    query: Type.Optional(Type.String({ maxLength: 128, description: 'a part of a name or an id' })),
  }),
  result: Type.Object({ ...AudiencePage.properties, ...Turnout.properties }),
  state: 'joined',
  grant: 'none',
  errors: [],
  example: { limit: 50 },
  run({ room }, { after, limit = 50, query }) {
    return { ...readAudience(room, { after, limit, query }), ...room.turnout };
  },
});
