# The image: what requirements.lock pins, the wheel, and the migrations. One image for API, worker and commands.
FROM python:3.13-slim AS build
WORKDIR /src
COPY requirements.lock pyproject.toml README.md LICENSE ./
RUN python -m venv /venv && /venv/bin/pip install --no-cache-dir --require-hashes -r requirements.lock
COPY modules modules
COPY platform platform
RUN /venv/bin/pip install --no-cache-dir --no-deps . && /venv/bin/python -m compileall -q /venv

FROM python:3.13-slim
RUN useradd --system --create-home quire
COPY --from=build /venv /venv
WORKDIR /srv/quire
COPY pyproject.toml ./
COPY migrations migrations
ENV PATH=/venv/bin:$PATH QUIRE_ENV=production QUIRE_LOG_FORMAT=json
USER quire
EXPOSE 8000
STOPSIGNAL SIGTERM
CMD ["quire", "serve", "--host", "0.0.0.0"]
