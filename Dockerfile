# The service as a container: two stages, so that neither pip nor a compiler is in what runs.

FROM python:3.13-slim AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /build

# First what changes least: the libraries, each checked against its hash, those for traces too. No embedded PostgreSQL.
COPY requirements ./requirements
RUN python -m venv --without-pip /opt/venv \
 && pip --python /opt/venv/bin/python install --no-deps --require-hashes -r requirements/service.lock

# The build tool, from the same lock file, in an environment that stays behind.
RUN awk '/^[a-z0-9]/ { wanted = /^(hatchling|packaging|pathspec|pluggy|tomlkit|trove-classifiers)==/ } wanted' \
        requirements/dev.lock > build.lock \
 && python -m venv /opt/build \
 && /opt/build/bin/pip install --require-hashes -r build.lock

COPY pyproject.toml README.md LICENSE ./
COPY support_context ./support_context
COPY app ./app
COPY migrations ./migrations
RUN /opt/build/bin/pip wheel --no-build-isolation --no-deps --wheel-dir /wheels . \
 && pip --python /opt/venv/bin/python install --no-deps --no-index /wheels/*.whl

FROM python:3.13-slim
COPY --from=build /opt/venv /opt/venv

LABEL org.opencontainers.image.title="Customer Context" \
      org.opencontainers.image.version="1.0.0" \
      org.opencontainers.image.licenses="Apache-2.0"

# A number and not a name: a cluster can then see that it is not root. Nothing below is writable for it but /tmp.
USER 10001:10001
WORKDIR /tmp
ENV PATH=/opt/venv/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 HOME=/tmp

EXPOSE 8000

# /healthz and not /readyz: a database that is away must not make the container be replaced.
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import urllib.request as r; r.build_opener(r.ProxyHandler({})).open('http://127.0.0.1:8000/healthz', timeout=2)"]

# No shell in between: SIGTERM reaches the service, which finishes what is in flight.
CMD ["customer-context", "serve", "--host", "0.0.0.0", "--port", "8000"]
