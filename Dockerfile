# Quadra in a container: a build stage for the console and the Python packages, and an image that holds
# only what runs. It runs as a user without rights and needs nothing to be writable but its three folders:
#   docker build -t quadra .
#   docker run --read-only --tmpfs /tmp -v quadra-data:/data -v quadra-logs:/logs -v quadra-backups:/backups \
#     -p 127.0.0.1:5000:5000 quadra

FROM node:22.20-trixie-slim AS console
WORKDIR /build/frontend
COPY frontend/package.json frontend/package-lock.json frontend/.npmrc ./
RUN npm ci --loglevel error
COPY frontend/ ./
RUN npm run --silent build

FROM python:3.13-slim-trixie AS packages
COPY requirements.txt /build/
RUN python -m venv /opt/quadra \
    && /opt/quadra/bin/pip install --no-cache-dir --no-input --require-hashes -r /build/requirements.txt

FROM python:3.13-slim-trixie
# pg_dump and age for backups. Their versions are those of the Debian release that the image above names.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends age postgresql-client tini \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --no-create-home --home-dir /app quadra \
    && install -d -o quadra -g quadra -m 0750 /data /logs /backups
WORKDIR /app
COPY --from=packages /opt/quadra /opt/quadra
COPY app.py alembic.ini LICENSE ./
COPY alembic/ alembic/
COPY quadra/ quadra/
COPY utils/ utils/
COPY templates/ templates/
COPY scripts/*.sh scripts/
COPY scripts/tools/backup.sh scripts/tools/
COPY --from=console /build/frontend/dist frontend/dist
ENV PATH=/opt/quadra/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 \
    HOST=0.0.0.0 PORT=5000 DATA_DIR=/data LOGS_DIR=/logs BACKUP_DIR=/backups
USER 10001:10001
VOLUME ["/data", "/logs", "/backups"]
EXPOSE 5000
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as r; r.urlopen(f'http://127.0.0.1:{os.environ[\"PORT\"]}/health', timeout=2)"]
STOPSIGNAL SIGTERM
# A worker's pages and children are reaped by the first process.
ENTRYPOINT ["tini", "--"]
CMD ["python", "app.py"]
