import { messageOf } from '../errors.ts';
import type { Reaction, TureenClient } from '../index.ts';
import { byId, make } from './dom.ts';
import { announce, notify } from './notices.ts';
import type { Stage } from './stage.ts';
import { nameOf, sentence } from './texts.ts';

const pictures: Readonly<Record<Reaction, { readonly symbol: string; readonly name: string }>> = {
  thumbs_up: { symbol: '👍', name: 'thumbs up' },
  clap: { symbol: '👏', name: 'applause' },
  heart: { symbol: '❤️', name: 'heart' },
  laugh: { symbol: '😂', name: 'laughter' },
  surprise: { symbol: '😮', name: 'surprise' },
  celebrate: { symbol: '🎉', name: 'celebration' },
};

/** The menu of reactions, and the reactions on the tiles. */
export function showReactions(client: TureenClient, stage: Stage, signal: AbortSignal): void {
  const menu = byId('reactions');
  const buttons = Object.entries(pictures).map(([reaction, { symbol, name }]) => {
    const button = make('button', {
      type: 'button',
      className: 'reaction',
      textContent: symbol,
      title: name,
    });
    button.setAttribute('aria-label', name);
    button.addEventListener('click', () => {
      menu.hidePopover();
      client.react(reaction as Reaction).catch((error: unknown) => {
        notify(sentence(messageOf(error)));
      });
    });
    return button;
  });
  menu.replaceChildren(...buttons);
  signal.addEventListener('abort', () => menu.matches(':popover-open') && menu.hidePopover());
  client.on('reaction', ({ peerId, reaction }) => {
    // A server of a later version may know more of them.
    const picture = pictures[reaction];
    if (!picture) return;
    stage.tile(peerId)?.showReaction(picture.symbol);
    const who = peerId === client.peerId ? 'You' : nameOf(client.peers.get(peerId));
    announce(`${who}: ${picture.name}`);
  });
}
