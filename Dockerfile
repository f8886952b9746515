# Two stages: the program is built where Rust is, and runs where nothing else is.
#   docker build -t chatme .        docker compose up --build

FROM rust:1.95-bookworm AS build
WORKDIR /src
# Every member of the workspace must be there for cargo to read it, tests and xtask too (.dockerignore leaves out the rest).
COPY . .
RUN cargo build --release --locked -p api --bin chatme

FROM debian:bookworm-slim
# Root certificates, for a database that asks for TLS.
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates \
 && rm -rf /var/lib/apt/lists/* \
 && install -d -o 10001 -g 10001 /data/uploads
COPY --from=build /src/target/release/chatme /usr/local/bin/chatme

# A number, so that an orchestrator can see that it is not root.
USER 10001:10001
WORKDIR /data
# DATABASE_URL and JWT_SECRET have no default: without them the program says what is missing and ends.
ENV PORT=8000 UPLOADS_DIR=/data/uploads
VOLUME ["/data/uploads"]
EXPOSE 8000
# The program drains on SIGTERM: it finishes what it accepted, then ends.
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 CMD ["chatme", "health"]
ENTRYPOINT ["chatme"]
