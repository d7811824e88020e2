# One image for every component: `docker compose up` runs them, docs/compose.md tells how.
FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --no-audit --no-fund
COPY . .
# Bundles of the components; what only the build needs goes.
RUN node --import tsx cluster/build/main.ts programs \
  && rm -rf node_modules/esbuild node_modules/@esbuild node_modules/tsx

FROM node:24-bookworm-slim
# Nodes set up their addresses with ip(8).
RUN apt-get update \
  && apt-get install -y --no-install-recommends iproute2 \
  && rm -rf /var/lib/apt/lists/* /var/cache/apt/*
WORKDIR /app
# Volumes take the owner of the directory they are first mounted on.
RUN install -d -o node -g node /var/lib/kubernetus /run/kubernetus /credentials/authority /credentials/apiserver \
  /credentials/controller-manager /credentials/scheduler /credentials/node-1 /credentials/node-2 /credentials/node-3
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/shared/machinery ./shared/machinery
COPY --from=build /app/cluster ./cluster
# Each component leaves V8's code cache beside its bundle.
COPY --from=build --chown=node:node /app/programs ./programs
ENV NODE_ENV=production
USER node
# The first argument is the component: `docker run kubernetus apiserver --help`.
ENTRYPOINT ["node", "--max-semi-space-size=4", "/app/programs/boot.cjs"]
