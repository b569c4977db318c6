import type { PanelContext } from '../panel/panel.ts';

interface WatchProps {
  readonly context: PanelContext;
  readonly roomId: string;
  /** Without one, whoever has published for the longest time. */
  readonly peerId?: string;
}

/**
 * The player in which a moderator watches, muted at first. Updates of the page leave it alone. Without scripts there is
 * nothing to watch with, so it is not shown.
 */
export function WatchBox({ context, roomId, peerId }: WatchProps): JSX.Element {
  if (context.watching === 'off') return '';
  const note =
    context.watching === 'told'
      ? 'The room sees that you watch, by your name.'
      : 'Nobody in the room sees that you watch.';
  return (
    <section
      id="watch"
      class="watch"
      aria-label="Watch"
      hx-morph-skip="true"
      data-address={context.link('/watch')}
      data-room={roomId}
    >
      <div class="actions">
        <button type="button" class="button" data-watch={peerId ?? ''}>
          Watch
        </button>
        <span class="note" safe>{`${note} It stands in the audit log.`}</span>
      </div>
      <div class="player" hidden>
        <video autoplay muted aria-label="What is watched" />
        <div class="actions">
          <button type="button" class="button" data-sound aria-pressed="false">
            Sound on
          </button>
          <button type="button" class="button" data-screen aria-pressed="false">
            Shared screen
          </button>
          <button type="button" class="button" data-stop>
            Stop
          </button>
        </div>
      </div>
      <p class="note" role="status" data-state />
    </section>
  );
}

/** In the menu of a person: watches that person in the player of the page. */
export function WatchButton({ context, peerId }: Omit<WatchProps, 'roomId'>): JSX.Element {
  if (context.watching === 'off') return '';
  return (
    <button type="button" class="button only-live" data-watch={peerId}>
      Watch
    </button>
  );
}
