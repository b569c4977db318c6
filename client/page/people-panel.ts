import type { RemotePeer, TureenClient } from '../index.ts';
import { byId } from './dom.ts';
import type { ModeratorActions } from './moderator-actions.ts';
import type { People } from './people.ts';
import { PersonRow } from './person-row.ts';
import { SidePanel } from './side-panel.ts';

/** From so many people on they can be searched. */
const searchFrom = 20;
/** So many who have left stay in the list while the pointer or the focus is in it. */
const maxGone = 30;

/** The list of everyone in the call, with what moderators can do. */
export class PeoplePanel {
  readonly panel: SidePanel;
  readonly #rows = new Map<string, PersonRow>();
  readonly #list = byId('people-list');
  readonly #search = byId('people-search', HTMLInputElement);

  constructor(
    private readonly client: TureenClient,
    private readonly people: People,
    private readonly actions: ModeratorActions,
    signal: AbortSignal,
  ) {
    const show = () => this.#show();
    this.panel = new SidePanel('people', { signal, onChange: (open) => open && show() });
    for (const name of ['peerJoined', 'peerChanged', 'peerLeft', 'trackAdded', 'trackChanged'] as const)
      client.on(name, show);
    for (const name of ['trackRemoved', 'hand', 'quality', 'publicationChanged', 'locked', 'state'] as const)
      client.on(name, show);
    client.on('publicationEnded', show);
    client.on('turnout', show);
    this.#search.value = '';
    this.#search.addEventListener('input', show, { signal });
    // What was held back while the pointer or the focus was in the list.
    for (const event of ['pointerleave', 'focusout'])
      this.#list.addEventListener(event, () => queueMicrotask(show), { signal });
    this.#list.replaceChildren();
  }

  #show(): void {
    if (!this.panel.open) return;
    const { client } = this;
    const peers = [...client.peers.values()].sort(byHandAndName);
    const known = new Set([client.peerId, ...peers.map(({ id }) => id)]);
    for (const [id, row] of this.#rows) if (!known.has(id)) this.#gone(id, row);
    this.#row(client.peerId).showOwn(client);
    for (const peer of peers) this.#row(peer.id).show(peer, client);
    this.#arrange([client.peerId, ...peers.map(({ id }) => id)]);
    this.actions.showTools();
    const { audience } = client.turnout;
    const listening = byId('people-audience');
    listening.hidden = audience === 0;
    listening.textContent = audience === 1 ? 'One more listens.' : `${audience} listen.`;
  }

  #row(id: string): PersonRow {
    const known = this.#rows.get(id);
    if (known) return known;
    const { people, actions, client } = this;
    const row = new PersonRow(id, { people, actions, own: id === client.peerId });
    this.#rows.set(id, row);
    this.#list.append(row.element);
    return row;
  }

  /** Nothing moves below the pointer: who left stays in the list, marked, until the pointer has gone. */
  #gone(id: string, row: PersonRow): void {
    const gone = this.#rows.size - this.client.peers.size - 1;
    if (this.#held && gone <= maxGone) return row.showGone();
    row.element.remove();
    this.#rows.delete(id);
    this.actions.forget(id);
  }

  get #held(): boolean {
    return this.#list.matches(':hover, :focus-within');
  }

  #arrange(order: readonly string[]): void {
    this.#search.hidden = this.#rows.size <= searchFrom;
    const text = this.#search.hidden ? '' : this.#search.value.trim().toLocaleLowerCase();
    for (const row of this.#rows.values()) row.element.hidden = !row.name.toLocaleLowerCase().includes(text);
    byId('people-none').hidden = [...this.#rows.values()].some(({ element }) => !element.hidden);
    if (this.#held) return;
    for (const [index, id] of order.entries()) {
      const element = this.#rows.get(id)?.element;
      const there = this.#list.children[index] ?? null;
      if (element && there !== element) this.#list.insertBefore(element, there);
    }
  }
}

/** Raised hands first, in the order in which they were raised. */
function byHandAndName(one: RemotePeer, other: RemotePeer): number {
  const [first, second] = [one.handRaisedAt, other.handRaisedAt];
  if (first !== null && second !== null) return first - second;
  if (first !== null || second !== null) return first === null ? 1 : -1;
  return one.displayName.localeCompare(other.displayName, undefined, { numeric: true });
}
