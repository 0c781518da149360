# The images of Likeness: `services` (every service, the operator, the command line) and `trainer`.
#   docker build --target services --tag likeness:0.1.0 .
# charts/images decides what is in them, and makes the same images without Docker: npm run build:images

ARG NODE_IMAGE=docker.io/library/node:24.21.0-bookworm-slim
# A tag can be moved and a digest cannot: --build-arg NODE_DIGEST=@sha256:…
ARG NODE_DIGEST=

FROM ${NODE_IMAGE}${NODE_DIGEST} AS build
WORKDIR /src
COPY package.json package-lock.json ./
# No package may run a script: Node is the base image's, and addons come built, as packages with a digest in the lock.
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY . .

FROM build AS services-files
RUN ["node", "charts/images/main.ts", "--folders", "--target", "services", "--out", "/images"]

# TensorFlow is compiled for Node here, and goes into the trainer's image alone. For GPUs: --build-arg NATIVE=gpu, which
# adds CUDA, some gigabytes, and belongs under the tag VERSION-gpu; a node then brings its driver's libraries.
# --build-arg NATIVE=none trains on WebAssembly.
FROM build AS trainer-files
ARG NATIVE=cpu
RUN apt-get update && apt-get install --yes --no-install-recommends binutils ca-certificates g++ python3-pip
RUN node charts/images/main.ts --folders --target trainer --native ${NATIVE} --out /images

FROM scratch AS trainer
ARG SOURCE=
LABEL org.opencontainers.image.title="Likeness trainer" \
      org.opencontainers.image.description="Trains the models of Likeness" \
      org.opencontainers.image.version="0.1.0" \
      org.opencontainers.image.source="${SOURCE}" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=trainer-files /images/trainer/system/ /
COPY --from=trainer-files /images/trainer/tensorflow/ /
COPY --from=trainer-files /images/trainer/dependencies/ /
COPY --from=trainer-files /images/trainer/app/ /
ENV PATH=/usr/local/bin NODE_ENV=production LIKENESS_NATIVE=/app/native
WORKDIR /app
USER 1000:1000
EXPOSE 8080
ENTRYPOINT ["node"]
CMD ["/app/services/trainer/main.js"]

# The last one is what a build without --target makes.
FROM scratch AS services
ARG SOURCE=
LABEL org.opencontainers.image.title="Likeness" \
      org.opencontainers.image.description="The services and the operator of Likeness" \
      org.opencontainers.image.version="0.1.0" \
      org.opencontainers.image.source="${SOURCE}" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=services-files /images/services/system/ /
COPY --from=services-files /images/services/dependencies/ /
COPY --from=services-files /images/services/app/ /
ENV PATH=/usr/local/bin NODE_ENV=production
WORKDIR /app
USER 1000:1000
EXPOSE 8080
ENTRYPOINT ["node"]
CMD ["/app/cli/main.js", "--help"]
