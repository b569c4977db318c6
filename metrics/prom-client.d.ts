// The package declares the types of its index alone. Its modules are imported one by one, since the index also loads
// what nobody here uses: a gateway for pushing, Node.js' cluster, HTTP client and compression, OpenTelemetry.
declare module 'prom-client/lib/counter.js' {
  export { Counter as default } from 'prom-client';
}
declare module 'prom-client/lib/gauge.js' {
  export { Gauge as default } from 'prom-client';
}
declare module 'prom-client/lib/histogram.js' {
  export { Histogram as default } from 'prom-client';
}
declare module 'prom-client/lib/registry.js' {
  export { Registry as default } from 'prom-client';
}
