"""Who is simulated, and every metric they send."""

from __future__ import annotations

from dataclasses import dataclass

from scripts.demo.instruments import Instrument

# --- who

CHAT_API = "demo-chat-api (simulated)"
AGENTS = "demo-agents (simulated)"
EMBEDDINGS = "demo-embeddings (simulated)"
MODEL_SERVER = "demo-model-server (simulated)"
SERVICES = (CHAT_API, AGENTS, EMBEDDINGS, MODEL_SERVER)

PROVIDER = "aurora"
ADDRESS = "api.aurora.invalid"  # a name that can't exist
AGENT_NAMES = ("planner", "researcher")
WORKERS = ("1", "2", "3", "4")
GPUS = ("gpu-0", "gpu-1", "gpu-2", "gpu-3")
ERROR_TYPES = ("500", "429", "timeout")


@dataclass(frozen=True, slots=True)
class Model:
    """A language model: usual seconds to the first token and for each token, dollars a million."""

    name: str
    first_token_s: float
    token_s: float
    input_price: float
    output_price: float


LARGE = Model("aurora-large", 0.45, 0.022, 3.0, 15.0)
MINI = Model("aurora-mini", 0.18, 0.008, 0.15, 0.6)
EMBED = Model("aurora-embed", 0.035, 0.0, 0.02, 0.0)
MODELS = (LARGE, MINI, EMBED)
CHAT_MODELS = (LARGE.name, MINI.name)

# --- what: the GenAI semantic conventions, with the bounds that they recommend

_DURATIONS = tuple(round(0.01 * 2**i, 2) for i in range(14))
_FIRST_TOKEN = (
    0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0,
)  # fmt: skip
_TOKENS = tuple(float(4**i) for i in range(14))

TOKEN_USAGE = Instrument(
    "gen_ai.client.token.usage", "{token}", "histogram", "gen_ai_client_token_usage",
    "Number of input and output tokens used.", _TOKENS,
)  # fmt: skip
OPERATION_DURATION = Instrument(
    "gen_ai.client.operation.duration", "s", "histogram",
    "gen_ai_client_operation_duration_seconds", "GenAI operation duration.", _DURATIONS,
)  # fmt: skip
TIME_TO_FIRST_TOKEN = Instrument(
    "gen_ai.server.time_to_first_token", "s", "histogram",
    "gen_ai_server_time_to_first_token_seconds",
    "Time to generate first token for successful responses.", _FIRST_TOKEN,
)  # fmt: skip
REQUEST_DURATION = Instrument(
    "gen_ai.server.request.duration", "s", "exponential", "gen_ai_server_request_duration_seconds",
    "Generative AI server request duration such as time-to-last byte or last output token.",
)  # fmt: skip

# --- what: metrics of hardware and process, named as the conventions name them

GPU_UTILIZATION = Instrument(
    "hw.gpu.utilization", "1", "gauge", "hw_gpu_utilization_ratio",
    "Fraction of time spent in a specific task.",
)  # fmt: skip
GPU_MEMORY = Instrument(
    "hw.gpu.memory.usage", "By", "up_down", "hw_gpu_memory_usage_bytes", "GPU memory used."
)
MEMORY = Instrument(
    "process.memory.usage", "By", "up_down", "process_memory_usage_bytes",
    "The amount of physical memory in use.",
)  # fmt: skip

# --- what: the services' own

COST = Instrument(
    "demo.cost.usd", "{USD}", "counter", "demo_cost_usd_total", "What the calls have cost so far."
)
REQUESTS = Instrument(
    "demo.requests", "{request}", "delta", "demo_requests_total", "Requests that have ended."
)
SESSIONS = Instrument(
    "demo.sessions.active", "{session}", "gauge", "demo_sessions_active", "People in the chat now."
)
QUEUE_DEPTH = Instrument(
    "demo.queue.depth", "{request}", "gauge", "demo_queue_depth", "Requests that wait."
)
WORKER_JOBS = Instrument(
    "demo.worker.jobs", "{job}", "counter", "demo_worker_jobs_total", "Jobs that a worker has done."
)
WORKER_BUSY = Instrument(
    "demo.worker.busy", "1", "gauge", "demo_worker_busy_ratio", "Share of time that a worker works."
)
