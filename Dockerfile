# Builds in one stage and runs in another that has only the files needed at run time.
# test/packaging runs these steps in a clean folder, so RUN uses no absolute path and no other user.
FROM node:24-trixie-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY packages/client packages/client
RUN npm ci --ignore-scripts --no-audit
COPY tsconfig.json ./
COPY scripts/build.js scripts/build.js
COPY scripts/client-types.js scripts/client-types.js
COPY scripts/build-client.js scripts/build-client.js
COPY scripts/build-server.js scripts/build-server.js
COPY src src
COPY web web
COPY docs/errors.md docs/errors.md
RUN npm run build
# The server library ships a binary of 7 MB per platform; only the matching one is kept.
RUN npm prune --omit=dev --ignore-scripts --no-audit \
  && find node_modules/uWebSockets.js -name '*.node' ! -name "$(node -p '`uws_${process.platform}_${process.arch}_${process.versions.modules}.node`')" -delete \
  && find dist -name '*.map' -delete \
  && mkdir data

FROM node:24-trixie-slim
ENV NODE_ENV=production HOST=0.0.0.0 PORT=8080 DATA_DIR=/data
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY lua lua
COPY LICENSE ./
COPY --from=build --chown=node:node /app/data /data
USER node
VOLUME /data
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/healthz`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "dist/cli/seonchak.js"]
CMD ["serve"]
