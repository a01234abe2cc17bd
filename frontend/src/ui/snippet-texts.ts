export interface Snippet {
  readonly key: string;
  readonly title: string;
  readonly before: string;
  readonly text: string;
}

/** Ways to send a first metric, ready to paste. */
export function snippets(address: string, token: string): Snippet[] {
  return [
    { key: "curl", title: "curl", before: "Run this in a shell. Run it again with another value.", text: curl(address, token) },
    { key: "python", title: "Python", before: "Needs nothing but Python. Sends one value a second.", text: python(address, token) },
    {
      key: "otel",
      title: "OpenTelemetry",
      before: "Run this in a shell. It records a gauge and a counter every second.",
      text: otel(address, token),
    },
  ];
}

function curl(address: string, token: string): string {
  return `curl ${address}/api/v1/samples \\
  -H 'Authorization: Bearer ${token}' \\
  -H 'Content-Type: application/json' \\
  -d '{"samples":[{"name":"my_first_metric","labels":{"from":"curl"},"value":42}]}'`;
}

function python(address: string, token: string): string {
  return `import json, random, time, urllib.request

while True:
    sample = {
        "name": "my_first_metric",
        "labels": {"from": "python"},
        "value": random.gauss(50, 10),
    }
    urllib.request.urlopen(urllib.request.Request(
        "${address}/api/v1/samples",
        data=json.dumps({"samples": [sample]}).encode(),
        headers={
            "Authorization": "Bearer ${token}",
            "Content-Type": "application/json",
        },
    ))
    time.sleep(1)`;
}

function otel(address: string, token: string): string {
  return `python3 -m venv otel && . otel/bin/activate
pip install opentelemetry-sdk opentelemetry-exporter-otlp-proto-http
export OTEL_EXPORTER_OTLP_ENDPOINT=${address}/otlp
export OTEL_EXPORTER_OTLP_HEADERS="Authorization=Bearer%20${token}"
export OTEL_SERVICE_NAME=first-steps
python3 - <<'END'
import random, time
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader

reader = PeriodicExportingMetricReader(OTLPMetricExporter(), export_interval_millis=1000)
meter = MeterProvider(metric_readers=[reader]).get_meter("first-steps")
queue = meter.create_gauge("my_queue_length")
jobs = meter.create_counter("my_jobs_done")
while True:
    queue.set(random.randint(0, 20))
    jobs.add(1)
    time.sleep(1)
END`;
}
