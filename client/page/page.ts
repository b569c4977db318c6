import { type ClientError, Servers } from '../index.ts';
import { readAddress, rememberRoom } from './address.ts';
import { CallScreen } from './call-screen.ts';
import { showEnding } from './ending.ts';
import { Entrance } from './entrance.ts';
import { LocalMedia } from './local-media.ts';

/** The try-it page: entrance, call, ending, and entrance again. */
const address = readAddress(location.href);
const local = new LocalMedia();
/** Found while the user is at the entrance. */
const finding = Servers.find(location.origin);

const entrance = new Entrance({ address, local, onJoin: enter });

async function enter(room: string, name: string): Promise<void> {
  const onEnded = (error: ClientError) => ended(error, room, name);
  const servers = await finding;
  await new CallScreen({ address, room, name, servers, local, onEnded }).join();
  rememberRoom(room);
  entrance.close();
}

function ended(error: ClientError, room: string, name: string): void {
  local.stop();
  showEnding(error, {
    again: () => void joinAgain(room, name),
    back: () => entrance.open(),
  });
}

/** Joins again with the same devices on. */
async function joinAgain(room: string, name: string): Promise<void> {
  const wanted = (['camera', 'microphone'] as const).filter((kind) => local.wanted(kind));
  await Promise.all(wanted.map((kind) => local.preview(kind)));
  await enter(room, name).catch((error: ClientError) => entrance.open(error));
}

// A changed link leads to another call.
addEventListener('hashchange', () => location.reload());
entrance.open();
