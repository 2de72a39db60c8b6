# The program in an image: glibc (RocksDB's binding has no musl build), no root, nothing written
# outside STATE_DIR, no compiler or test in what runs. Node is the version that
# `npm run test:node24` tests.

FROM node:24.21.0-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
# No package that runs needs its install script; `prepare` would build before there is a source.
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json ./
COPY bytes bytes
COPY broker broker
COPY schemas schemas
COPY topology topology
COPY state state
COPY runtime runtime
COPY api api
COPY cli cli
RUN npm run build && rm dist/.tsbuildinfo
# Packages that only build and test, and RocksDB for other systems: 180 MB.
RUN npm prune --omit=dev --ignore-scripts --no-audit --no-fund \
    && find node_modules/rocksdb-native/prebuilds -mindepth 1 -maxdepth 1 ! -name 'linux-*' -exec rm -rf {} +

FROM node:24.21.0-bookworm-slim
# RocksDB's binding links it; the slim image has it only where Node itself does.
RUN apt-get update && apt-get install -y --no-install-recommends libatomic1 && rm -rf /var/lib/apt/lists/*
ENV NODE_ENV=production \
    STATE_DIR=/var/lib/attribution-streams \
    HOST=0.0.0.0 \
    PORT=8080
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY bin bin
COPY LICENSE ./
# Owned by the user below; a new volume takes the owner over.
RUN install -d -o 1000 -g 1000 -m 0750 /var/lib/attribution-streams
# The image's user `node`, by number: who forbids root can check a number.
USER 1000:1000
VOLUME /var/lib/attribution-streams
EXPOSE 8080
STOPSIGNAL SIGTERM
# Whether it lives, not whether it is ready: a restore that is restarted begins again.
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
    CMD ["node", "/app/bin/healthcheck.js"]
ENTRYPOINT ["node", "--max-semi-space-size=64", "/app/bin/attribution-streams.js"]
CMD ["start"]
