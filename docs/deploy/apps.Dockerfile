# An image with your apps in it, for places without a shared folder. Build in the folder that holds nano.json and apps/:
#   docker build -f /path/to/nano/docs/deploy/apps.Dockerfile -t registry.example.com/apps:1 .
ARG NANO_IMAGE=nano:0.1.0

FROM ${NANO_IMAGE} AS packages
USER root
# A cache of its own: the one of NANO stays as it was tested.
ENV DENO_DIR=/tmp/deno-dir
COPY apps /srv/apps
# At build time, since a running container can neither write to its apps nor need a registry.
RUN for app in /srv/apps/*/; do \
      if [ -f "$app/package.json" ]; then (cd "$app" && deno install --prod --node-modules-dir=auto) || exit 1; fi; \
    done

FROM ${NANO_IMAGE}
COPY --from=packages /srv/apps /srv/apps
COPY nano.json /srv/nano.json
# Says now, not at the first start, that nano.json is wrong.
RUN NANO_ADMIN_TOKEN=only-for-this-check-0123456789abcdef nano check --config /srv/nano.json
