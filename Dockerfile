# The worker alone: `docker build -t tidegate .`, then
#   docker run -v ./worker.properties:/etc/tidegate/worker.properties -p 8083:8083 -p 8080:8080 tidegate
# The file has to listen where others reach it: listeners=http://0.0.0.0:8083, gateway.host=0.0.0.0.
FROM node:20-slim AS build
WORKDIR /tidegate
COPY package.json package-lock.json ./
# Not `npm ci`: it refuses a lock that was written where the registry lacks some other platform's optional binary.
RUN npm install --no-save --ignore-scripts --include=dev --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json ./
COPY src ./src
RUN npm run build
RUN npm prune --no-save --ignore-scripts --omit=dev --no-audit --no-fund

FROM node:20-slim
ENV NODE_ENV=production
WORKDIR /tidegate
COPY --from=build /tidegate/package.json ./
COPY --from=build /tidegate/node_modules ./node_modules
COPY --from=build /tidegate/dist/src ./dist/src
# Declarations that are to run in standalone mode may be mounted over the first; the second keeps offsets and the key of positions.
RUN mkdir -p connectors /var/lib/tidegate && chown node:node /var/lib/tidegate
USER node
VOLUME /var/lib/tidegate
EXPOSE 8083 8080
# Liveness. Where REST listens elsewhere, or by https, TIDEGATE_HEALTH_URL says so; orchestrators have probes of their own.
HEALTHCHECK --interval=10s --timeout=10s --start-period=60s --retries=3 \
  CMD ["node", "-e", "fetch(process.env.TIDEGATE_HEALTH_URL ?? 'http://127.0.0.1:8083/health').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
# No shell between, so that SIGTERM reaches the worker, which then drains.
STOPSIGNAL SIGTERM
ENTRYPOINT ["node", "/tidegate/dist/src/cli/main.js"]
CMD ["worker", "/etc/tidegate/worker.properties"]
