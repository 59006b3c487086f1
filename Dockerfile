# A static binary in an image without a distribution: no shell, no packages,
# nothing to keep patched but the binary and the certificates.
#
#   docker build -t onboard .
#   docker run --rm -p 8080:8080 -v onboard-data:/data -v ./secrets:/run/secrets:ro \
#     -e ONBOARD_GITHUB_APP_INTEGRATION_ID=123456 \
#     -e ONBOARD_GITHUB_APP_WEBHOOK_SECRET_FILE=/run/secrets/webhook_secret \
#     -e ONBOARD_GITHUB_APP_PRIVATE_KEY_FILE=/run/secrets/private_key onboard
FROM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
# SQLite is in pure Go, so the binary needs no C library.
RUN CGO_ENABLED=0 go build -trimpath -ldflags="-s -w" -o /onboard ./cmd/onboard
# The database's folder belongs to the user that the App runs as. A volume that
# is mounted there for the first time takes over its owner.
RUN mkdir /data && chown 65532:65532 /data

FROM gcr.io/distroless/static-debian12:nonroot
COPY --from=build --chown=65532:65532 /data /data
COPY --from=build /src/LICENSE /LICENSE
COPY --from=build /onboard /onboard
USER nonroot
WORKDIR /data
VOLUME /data
# In a container the address to listen on is the container's own. The
# operators' address stays inside.
ENV ONBOARD_SERVER_LISTEN=:8080 ONBOARD_DATABASE_URL=sqlite:///data/onboard.db
EXPOSE 8080
ENTRYPOINT ["/onboard"]
CMD ["serve"]
