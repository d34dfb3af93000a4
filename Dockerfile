# The bot alone: no build tools, no sandbox page to build, no shell scripts of its own. It runs as an unprivileged user
# on a root file system that may be read-only; all it writes is the database under /data.
#
#   docker build -t genesis .
#   docker run --read-only --tmpfs /tmp --cap-drop ALL --security-opt no-new-privileges \
#     --env-file genesis.env -v genesis-data:/data -v "$PWD/playbooks:/playbooks:ro" -p 3000:3000 genesis
FROM node:24-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --loglevel=error
COPY tsconfig.json tsconfig.build.json ./
COPY scripts scripts
COPY src src
RUN npm run build

FROM node:24-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json ./
# Peer dependencies stay: Socket Mode needs one of them.
RUN npm ci --omit=dev --loglevel=error && npm cache clean --force

FROM node:24-slim
# Actions on other hosts go through the system's own ssh.
RUN apt-get update -qq \
 && apt-get install -y -qq --no-install-recommends openssh-client ca-certificates \
 && rm -rf /var/lib/apt/lists/* \
 && mkdir /data && chown node:node /data
WORKDIR /app
COPY --from=dependencies /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY package.json manifest.yml ./
COPY playbooks /playbooks
ENV NODE_ENV=production HOST=0.0.0.0 PORT=3000 PLAYBOOKS=/playbooks DATABASE_URL=sqlite:/data/genesis.db
USER node
VOLUME /data
EXPOSE 3000
# /readyz also says whether the database takes what is written; a container that cannot write is of no use.
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/readyz`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
# The bot ends within ten seconds of SIGTERM; Docker's own patience is just that, so say more where it is started.
STOPSIGNAL SIGTERM
ENTRYPOINT ["node", "dist/main.js"]
CMD ["serve"]
