import { Type } from '@sinclair/typebox';
import { SfuError } from '../../core/errors.ts';
import { PeerCourse } from '../../core/peer-course.ts';
import { Id, orNull } from '../../core/schemas.ts';
import { defineOperation } from '../operation.ts';
import { defaultPageSize, pageOfRows, readPlaces, writePlaces } from '../paging.ts';
import { pageOf, paging, params } from '../schemas.ts';
import { peerTarget } from './peers.ts';

const moment = (description: string) =>
  Type.Integer({ minimum: 0, description: `${description}, ms since the epoch` });

const TimelineLine = Type.Object({
  id: Type.Integer({ description: 'Of the line on its node' }),
  time: moment('When it happened'),
  event: Type.String({ description: 'Its name, as in docs/events.md, such as `peerLeft`' }),
  text: Type.String({ description: 'What happened. It has names and texts of users' }),
  bad: Type.Boolean({ description: 'Whether it deserves a look' }),
  roomId: orNull(Id, 'Null for what concerns the node'),
  peerId: orNull(Id),
  sessionId: orNull(Type.String(), 'The stay of the peer in its room'),
  displayName: Type.String({ description: 'Of the peer, where the line is of its join or its end' }),
  address: Type.String({ description: 'From which its connection came, on the same lines' }),
  course: orNull(PeerCourse, 'With `peerLeft`: how that stay went'),
  node: Type.Optional(Type.String({ description: 'In a mesh: the node where it happened' })),
});

export const listTimeline = defineOperation({
  name: 'listTimeline',
  verb: 'GET',
  path: '/timeline',
  doc: 'What happened in the last TUREEN_TIMELINE_HOURS, the newest first, also in calls that are over. In a mesh what happened on every node, read from each; a warning names those that did not answer. What a node that has ended kept is on its disk, and comes again with it.',
  scope: 'read',
  params: params({
    roomId: Type.Optional(Id),
    peer: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 128,
        description: 'The id of a peer, or the beginning of its display name',
      }),
    ),
    sessionId: Type.Optional(Type.String({ minLength: 1, maxLength: 128 })),
    address: Type.Optional(
      Type.String({ minLength: 1, maxLength: 64, description: 'From which a connection came' }),
    ),
    from: Type.Optional(moment('The earliest')),
    until: Type.Optional(moment('The end, not included')),
    bad: Type.Optional(Type.Boolean({ description: 'Only what deserves a look' })),
    ...paging,
  }),
  result: pageOf(TimelineLine),
  errors: [],
  example: { roomId: 'room', bad: true },
  async run({ store, mesh, warn }, { limit = defaultPageSize, cursor, ...search }) {
    if (!mesh) return pageOfRows((page) => store.timelines.search({ ...search, ...page }), { limit, cursor });
    const place = cursor === undefined ? {} : readPlaces(cursor);
    const { entries, next, silent } = await mesh.timeline({ ...search, limit }, place);
    if (silent.length > 0) warn?.(`${silent.join(', ')} did not answer: what happened there is missing`);
    return { items: entries, nextCursor: next && writePlaces(next) };
  },
});

export const getPeerCourse = defineOperation({
  name: 'getPeerCourse',
  verb: 'GET',
  path: '/rooms/:roomId/peers/:peerId/course',
  doc: 'How the stay of a peer in a room goes, or how its last one went: how each transport was connected, quality, what it was refused, how it ended. Of a peer that was here in the last TUREEN_TIMELINE_HOURS, on any node of a mesh.',
  scope: 'read',
  params: params(peerTarget),
  result: PeerCourse,
  errors: ['not_found'],
  example: { roomId: 'room', peerId: 'alice' },
  async run({ courses, store, mesh, warn }, { roomId, peerId }) {
    const here = () => courses.of(roomId, peerId) ?? store.timelines.courseOf(roomId, peerId)?.course;
    const { course, silent } = mesh ? await mesh.course({ roomId, peerId }) : { course: here(), silent: [] };
    const names = silent.join(', ');
    if (!course && silent.length > 0)
      throw new SfuError(
        'unconfirmed',
        `nothing is known of a peer "${peerId}" in room "${roomId}", but ${names} did not answer; ask again when they are heard`,
      );
    if (!course)
      throw new SfuError(
        'not_found',
        `nothing is known of a peer "${peerId}" in room "${roomId}"; it may have been longer ago than TUREEN_TIMELINE_HOURS`,
      );
    if (silent.length > 0) warn?.(`${names} did not answer, and may know of a later stay`);
    return course;
  },
});
