/** The page of the benchmark `quality`, of both sides. */
import { enterJanus } from './call-janus.ts';
import { enterOurs } from './call-ours.ts';
import { takeNotes } from './call-page.ts';

globalThis.callPage = {
  enter: (place) => (place.side === 'ours' ? enterOurs(place) : enterJanus(place)),
  notes: takeNotes,
};
