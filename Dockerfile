# syntax=docker/dockerfile:1
# The gateway server as an image: built from this folder, without what builds it. Runs as `node` (1000), writes to /data alone (and there
# only with a SQLite store), so that its root file system may be read-only.

FROM node:24.21.0-bookworm-slim AS build
WORKDIR /build
COPY package.json package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY tsconfig.json tsup.config.ts README.md LICENSE CHANGELOG.md ./
COPY docs docs
COPY scripts scripts
COPY src src
RUN npm pack --pack-destination /tmp

# The drivers and the OpenTelemetry SDK are optional peers of the package; versions are those that it is tested with.
FROM node:24.21.0-bookworm-slim AS install
WORKDIR /opt/postern
COPY --from=build /tmp/postern-*.tgz /tmp/
RUN npm install --no-audit --no-fund --ignore-scripts --omit=dev \
      /tmp/postern-*.tgz \
      redis@6.3.1 \
      pg@8.23.1 \
      @opentelemetry/sdk-trace-node@2.12.0 \
      @opentelemetry/resources@2.12.0 \
      @opentelemetry/exporter-trace-otlp-proto@0.223.1

FROM node:24.21.0-bookworm-slim
COPY --from=install /opt/postern /opt/postern
RUN install -d -o node -g node -m 0700 /data
ENV NODE_ENV=production
USER 1000:1000
WORKDIR /data
# 4100: the gateway. 4101: the admin API, the dashboard and /metrics, which are not for everybody.
EXPOSE 4100 4101
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:4100/health').then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
# SIGTERM drains: calls in flight end, new ones are refused.
STOPSIGNAL SIGTERM
ENTRYPOINT ["node", "/opt/postern/node_modules/postern/dist/cli.js"]
# For more cores: `server.workers` in the configuration, or `serve --workers 4 --config ...`.
CMD ["serve", "--config", "/etc/postern/postern.config.yaml"]
