import { defaulted, integer, optional, type Settings, text } from '../kinds.ts';

/** Metrics for Prometheus and traces for OpenTelemetry. */
export const metricsSettings = {
  statsIntervalSeconds: defaulted(
    integer(
      { from: 1, to: 300, unit: 'seconds' },
      {
        env: 'TUREEN_STATS_INTERVAL_SECONDS',
        doc: 'How often the media statistics behind /metrics are read, in seconds. More often than Prometheus scrapes is of no use, and busy servers read a part each time.',
      },
    ),
    15,
  ),
  metricsToken: optional(
    text(
      {
        env: 'TUREEN_METRICS_TOKEN',
        secret: true,
        doc: 'Bearer token with which /metrics may be read on the main port. Without it, and without TUREEN_METRICS_PORT, only this machine may read it.',
      },
      { regex: '^[!-~]{16,}$', wants: 'at least 16 characters without spaces' },
    ),
  ),
  metricsPort: optional(
    integer(
      { from: 0, to: 65535 },
      {
        env: 'TUREEN_METRICS_PORT',
        defaultDoc: 'the main port',
        doc: 'Serves /metrics, and nothing else, on this port of its own without a token, for networks that only the monitoring reaches. 0 takes a free one.',
      },
    ),
  ),
  metricsHost: defaulted(
    text({
      env: 'TUREEN_METRICS_HOST',
      doc: 'Address that TUREEN_METRICS_PORT listens on. Everybody who reaches it may read the metrics.',
    }),
    '127.0.0.1',
  ),
  otlpEndpoint: optional(
    text(
      {
        env: 'OTEL_EXPORTER_OTLP_ENDPOINT',
        doc: 'OpenTelemetry collector that gets a span of every signaling request, by OTLP over HTTP: a log of requests, without parents and children. Without it nothing is traced.',
      },
      { regex: '^https?://', wants: 'an address such as http://127.0.0.1:4318' },
    ),
  ),
  otlpHeaders: optional(
    text(
      {
        env: 'OTEL_EXPORTER_OTLP_HEADERS',
        secret: true,
        doc: 'Headers for that collector, such as authorization=Bearer%20..., several separated by commas.',
      },
      { regex: '^[^=]+=', wants: 'name=value, several separated by commas' },
    ),
  ),
} as const satisfies Settings;
