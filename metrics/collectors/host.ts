import type { Collector } from '../collector.ts';
import { cross, gauge, open } from '../define.ts';

/** The checks of a running node, and some room for more. */
const mostChecks = 24;
const severities = ['warning', 'fatal'] as const;

export const metrics = {
  findings: gauge({
    name: 'tureen_host_findings',
    help: 'What the self-check finds wrong with the host or the configuration now, by check. A fatal finding means that calls cannot work; /readyz, the log and `tureen doctor` say what it is.',
    source: 'state',
    labels: open('check', mostChecks, cross({ severity: severities })),
  }),
  dataFree: gauge({
    name: 'tureen_data_free_bytes',
    help: 'Bytes that are free in the folder of the database (TUREEN_DATA_DIR). Missing on a node without one.',
    unit: 'bytes',
    source: 'state',
    labels: open('folder', 1),
  }),
  certificateEnd: gauge({
    name: 'tureen_certificate_end_timestamp_seconds',
    help: 'When the certificate of the server ends, as seconds since 1970. Missing where another program speaks HTTPS.',
    unit: 'seconds',
    source: 'state',
    labels: open('certificate', 1),
  }),
  clockSynchronized: gauge({
    name: 'tureen_clock_synchronized',
    help: '1 while a time service keeps the clock of the host, and where the kernel cannot say.',
    source: 'state',
  }),
};

/** What is wrong with the host, and how far it is from that. */
export const host: Collector = {
  name: 'host',
  title: 'Host',
  metrics,
  start({ page, host: stateOf, onScrape }) {
    if (!stateOf) return;
    onScrape(() => {
      const { checks, findings, measures } = stateOf();
      const { dataFreeBytes, certificateEnd, clockSynchronized } = measures;
      const none = checks.flatMap((check) => severities.map((severity) => [{ check, severity }, 0] as const));
      const found = findings.map(({ check, severity }) => [{ check, severity }, 1] as const);
      page.replace(metrics.findings, [...none, ...found]);
      page.replace(
        metrics.dataFree,
        dataFreeBytes === undefined ? [] : [[{ folder: 'data' }, dataFreeBytes]],
      );
      page.replace(
        metrics.certificateEnd,
        certificateEnd === undefined ? [] : [[{ certificate: 'server' }, certificateEnd / 1000]],
      );
      page.set(metrics.clockSynchronized, clockSynchronized === false ? 0 : 1);
    });
  },
};
