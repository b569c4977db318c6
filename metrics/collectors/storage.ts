import type { Collector } from '../collector.ts';
import { counter, gauge } from '../define.ts';

export const metrics = {
  writable: gauge({
    name: 'tureen_storage_writable',
    help: '1 while the database takes writes; 0 while the data disk is full, read-only, slow or gone, or another program has the database locked.',
    source: 'state',
  }),
  waiting: gauge({
    name: 'tureen_audit_entries_waiting',
    help: 'Records of what moderators did that are kept in memory until they can be written.',
    source: 'state',
  }),
  lost: counter({
    name: 'tureen_audit_entries_lost_total',
    help: 'Entries of the audit log that were never written, because too many waited. The log of the server has them.',
    source: 'state',
  }),
  factsWaiting: gauge({
    name: 'tureen_facts_waiting',
    help: 'Bans, removals, users and API keys that the other nodes are still to be told. They wait while the bus is away, or has no JetStream or no room in it; a node without a bus keeps them here.',
    source: 'state',
  }),
  factsRefused: counter({
    name: 'tureen_facts_refused_total',
    help: 'Bans, removals, users and API keys of other nodes that were refused because they were stamped more than 10 seconds ahead of the clock: a clock is wrong.',
    source: 'state',
  }),
};

/** Whether the node can store what is decided on it. */
export const storage: Collector = {
  name: 'storage',
  title: 'Storage',
  metrics,
  start({ page, storage: store, onScrape }) {
    if (!store) return;
    onScrape(() => {
      const { writable, waiting, lost, facts } = store.state;
      page.set(metrics.writable, writable ? 1 : 0);
      page.set(metrics.waiting, waiting);
      page.raise(metrics.lost, lost);
      page.set(metrics.factsWaiting, facts.waiting);
      page.raise(metrics.factsRefused, facts.refused);
    });
  },
};
