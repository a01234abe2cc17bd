// The official OpenTelemetry SDK, told where to send by the environment alone: counts, measures, and flushes at its end.
//
//   node otel_program.mjs        from the folder whose node_modules has the SDK
import { createRequire } from "node:module";
import { join } from "node:path";

const load = createRequire(join(process.cwd(), "package.json"));
const { AggregationType, MeterProvider, PeriodicExportingMetricReader } = load("@opentelemetry/sdk-metrics");
const { OTLPMetricExporter } = load("@opentelemetry/exporter-metrics-otlp-proto");
const { defaultResource, detectResources, envDetector } = load("@opentelemetry/resources");

const provider = new MeterProvider({
  resource: defaultResource().merge(detectResources({ detectors: [envDetector] })),
  readers: [new PeriodicExportingMetricReader({ exporter: new OTLPMetricExporter(), exportIntervalMillis: 3_600_000 })],
  views: [{ instrumentName: "wait", aggregation: { type: AggregationType.EXPONENTIAL_HISTOGRAM } }],
});
const meter = provider.getMeter("kiosk");
const sold = meter.createCounter("tickets", { unit: "1", description: "tickets sold" });
const checkout = meter.createHistogram("checkout.duration", { unit: "ms" });
const wait = meter.createHistogram("wait", { unit: "s" });
meter.createObservableGauge("queue.depth").addCallback((result) => result.observe(7));
for (const round of [1, 2]) {
  sold.add(3, { city: "Graz" });
  for (const value of [3, 30, 300]) checkout.record(value * round);
  for (const value of [0, 0.25, 4, 1000]) wait.record(value);
  await provider.forceFlush();
}
await provider.shutdown();
