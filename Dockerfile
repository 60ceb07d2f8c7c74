# The sample bot without a framework (samples/plain-bot), as one file on Node. docs/container.md says how to run it.

FROM node:24-bookworm-slim AS build
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json tsconfig.base.json ./
COPY src ./src
COPY samples ./samples
RUN node_modules/.bin/esbuild samples/plain-bot/index.ts --bundle --platform=node --target=node24 --external:better-sqlite3 --sourcemap --outfile=bot.cjs

FROM node:24-bookworm-slim
ENV NODE_ENV=production PORT=3978 HEALTH_PORT=9000
WORKDIR /app
COPY --from=build /build/bot.cjs /build/bot.cjs.map ./
USER node
EXPOSE 3978 9000
# Whether the process lives. An outage of Redis is no reason to restart it: /readyz tells that to whoever leads traffic.
HEALTHCHECK --interval=30s --timeout=3s --start-period=10s CMD ["node", "-e", "fetch('http://127.0.0.1:' + process.env.HEALTH_PORT + '/healthz').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "--enable-source-maps", "bot.cjs"]
