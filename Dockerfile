# The image of the load balancer: docker run -p 8081:8081 fnproject/fnlb --nodes a:8080,b:8080
# What is in it is laid out by deploy/image/layout.sh, which `make image-root` runs as well.

FROM maven:3.9-eclipse-temurin-25 AS build
WORKDIR /src
COPY . .
RUN --mount=type=cache,target=/root/.m2 mvn -B -ntp -Dmaven.test.skip=true package
RUN deploy/image/layout.sh /image

FROM debian:trixie-slim
ARG VERSION=unknown
ARG REVISION=unknown
LABEL org.opencontainers.image.title="fnlb" \
      org.opencontainers.image.description="A load balancer for clusters of Fn servers" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
ENV LANG="C.UTF-8" \
    PATH="/opt/fnlb:/opt/fnlb/runtime/bin:/usr/local/bin:/usr/bin:/bin"
COPY --from=build /image/ /
WORKDIR /opt/fnlb
# A number, so that Kubernetes can see that it is not root (runAsNonRoot).
USER 65532:65532
EXPOSE 8081
STOPSIGNAL SIGTERM
# Whether the process serves, not whether it has nodes: no restart brings nodes back.
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s --retries=3 CMD ["/opt/fnlb/health"]
ENTRYPOINT ["/opt/fnlb/fnlb"]
