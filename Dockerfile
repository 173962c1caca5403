# Two images from one file: `api` (API, sweep and migrations, without torch) and `worker`.
#   docker build --target api -t gradclinic-api .
#   docker build --target worker -t gradclinic-worker .

FROM python:3.11-slim AS base
ENV PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    PIP_NO_CACHE_DIR=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    GRADCLINIC_HOST=0.0.0.0 \
    GRADCLINIC_PORT=8642 \
    GRADCLINIC_DATA_DIR=/data
RUN useradd --system --uid 10001 --home-dir /data clinic && install -d -o clinic /data
WORKDIR /app
COPY pyproject.toml constraints.txt README.md LICENSE ./

FROM base AS api
COPY service ./service
COPY workers/__init__.py ./workers/__init__.py
COPY migrations ./migrations
RUN pip install --constraint constraints.txt --editable ".[api]"
USER 10001
VOLUME /data
EXPOSE 8642
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8642/healthz', timeout=2)"]
ENTRYPOINT ["gradclinic"]
CMD ["api"]

FROM base AS worker
# torch in a layer of its own: it is by far the largest, and it changes least.
RUN pip install "$(grep '^torch==' constraints.txt)"
COPY service ./service
COPY workers ./workers
COPY migrations ./migrations
RUN pip install --constraint constraints.txt --editable ".[worker]"
USER 10001
VOLUME /data
ENTRYPOINT ["gradclinic"]
CMD ["worker"]
