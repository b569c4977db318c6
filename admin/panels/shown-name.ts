import type { Form } from '../panel/form.ts';
import type { PanelContext } from '../panel/panel.ts';
import { nameOf } from './quality.ts';
import { peerOf } from './room-index.ts';

/** The name of the peer that a form is for, as the page shows it. */
export function shownName(context: PanelContext, form: Form): string {
  const peer = peerOf(context, form.raw('room'), form.raw('peer'));
  return peer ? nameOf(peer) : form.raw('peer');
}
