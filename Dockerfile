# syntax=docker/dockerfile:1
# The service alone: one binary and the public certificate authorities, run by a user without rights.

FROM rust:1.95-slim-trixie AS build
# aws-lc-sys compiles C.
RUN apt-get update && apt-get install --yes --no-install-recommends gcc g++ make cmake libc6-dev \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target \
    cargo build --release --locked --package hallmark-server \
    && install -D target/release/hallmark /out/usr/local/bin/hallmark

FROM debian:trixie-slim
RUN apt-get update && apt-get install --yes --no-install-recommends ca-certificates \
    && rm -rf /var/lib/apt/lists/*
# A volume mounted over these for the first time takes over their owner and mode.
RUN useradd --system --uid 10001 --user-group --no-create-home --shell /usr/sbin/nologin hallmark \
    && install --directory --owner=hallmark --group=hallmark --mode=0700 \
        /var/lib/hallmark /var/lib/hallmark/keys /var/lib/hallmark/passwords
COPY --from=build /out/ /
USER 10001:10001
WORKDIR /var/lib/hallmark
# API, certificates, health and metrics.
EXPOSE 8080 8081 8082
HEALTHCHECK --interval=10s --timeout=6s --start-period=30s --retries=3 \
    CMD ["hallmark", "check", "--ready", "http://127.0.0.1:8082/readyz"]
ENTRYPOINT ["hallmark"]
CMD ["serve"]
