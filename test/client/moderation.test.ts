import { describe, expect, test } from 'bun:test';
import { serverActor } from '../../src/core/actors.ts';
import { until } from '../support/until.ts';
import { stateOf, track, useClients } from './support.ts';

const { server, enter, oneTrack } = await useClients();

const target = (peerId: string) => ({ roomId: 'room', peerId, by: serverActor });

describe('moderation', () => {
  test('a muted microphone is held until a moderator allows it, and stays muted until it is resumed', async () => {
    const { alice, publication, received } = await oneTrack('audio');
    const producer = { ...target('alice'), producerId: publication.producerId ?? '' };
    const held = alice.once('publicationChanged');
    await server.sfu.muteProducer(producer);
    expect(await held).toBe(publication);
    expect(publication).toMatchObject({ held: true, paused: true });
    await expect(publication.resume()).rejects.toMatchObject({ code: 'forbidden' });
    const allowed = alice.once('publicationChanged', ({ held: still }) => !still);
    server.sfu.allowProducer(producer);
    expect((await allowed).paused).toBe(true);
    await publication.resume();
    await until(() => !received.muted, 'the microphone being on');
  });

  test('what a moderator closes ends with that reason', async () => {
    const { alice, publication } = await oneTrack();
    const ended = alice.once('publicationEnded');
    server.sfu.closeProducer({ ...target('alice'), producerId: publication.producerId ?? '' });
    expect((await ended).reason).toBe('moderator');
  });

  test('what is not allowed is refused with the server’s words, and ends what is sent already', async () => {
    const { alice } = await oneTrack();
    const [told, ended] = [alice.once('permissions'), alice.once('publicationEnded')];
    server.sfu.setPublish({ ...target('alice'), publish: ['audio'] });
    expect((await told).publish).toEqual(['audio']);
    expect((await ended).reason).toBe('not_allowed');
    await expect(alice.publish(track('video'), 'camera')).rejects.toMatchObject({ code: 'forbidden' });
    await alice.publish(track('audio'), 'microphone');
  });

  test('who is removed is told why, and does not come back', async () => {
    const alice = await enter('alice');
    const ended = stateOf(alice, 'ended');
    void server.sfu.removePeer({ ...target('alice'), reason: 'it was too loud' });
    expect(await ended).toMatchObject({ code: 'removed', message: 'it was too loud' });
  });

  test('the end of the room, a notice and a lock reach everyone', async () => {
    const alice = await enter('alice');
    const [notice, locked, ended] = [alice.once('notice'), alice.once('locked'), stateOf(alice, 'ended')];
    server.sfu.notice({ roomId: 'room', message: 'Closing soon', by: serverActor });
    expect(await notice).toEqual({ message: 'Closing soon' });
    server.sfu.setRoomLocked({ roomId: 'room', locked: true, by: serverActor });
    expect(await locked).toEqual({ locked: true });
    server.sfu.closeRoom({ roomId: 'room', by: serverActor });
    expect(await ended).toMatchObject({ code: 'room_closed' });
  });
});
