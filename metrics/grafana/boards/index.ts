import type { BoardSpec } from '../spec.ts';
import { fleetBoard } from './fleet.ts';
import { joinsBoard } from './joins.ts';
import { meshBoard } from './mesh.ts';
import { nodeBoard } from './node.ts';
import { qualityBoard } from './quality.ts';
import { speakersBoard } from './speakers.ts';

/** Every dashboard, in the order in which people look at them. */
export const boards: readonly BoardSpec[] = [
  fleetBoard,
  nodeBoard,
  qualityBoard,
  joinsBoard,
  speakersBoard,
  meshBoard,
];
