#!/bin/sh
# Makes the files of ./secrets that compose.yaml and kubernetes.yaml read: tokens and the pepper at random, provider keys out of the environment.
# What is there already stays. `make-secrets.sh postgres` writes the URL of compose.yaml's PostgreSQL, `make-secrets.sh <url>` that of your own store.
set -eu
umask 077
folder="$(dirname "$0")/secrets"
mkdir -p "$folder"

random() { od -An -N32 -tx1 /dev/urandom | tr -d ' \n'; }
# $1: name; its text comes on standard input. The folder is closed to others; the user of a container reads the single file.
keep() {
  if [ -s "$folder/$1" ]; then cat > /dev/null; else rm -f "$folder/$1" && cat > "$folder/$1"; fi
  chmod 0444 "$folder/$1"
}

for name in admin_token metrics_token key_pepper postgres_password; do random | keep "$name"; done
printf %s "${OPENAI_API_KEY:-}" | keep openai_api_key
printf %s "${ANTHROPIC_API_KEY:-}" | keep anthropic_api_key

rm -f "$folder/store_url"
case "${1:-redis}" in
  redis) printf %s "redis://redis:6379" | keep store_url ;;
  postgres) printf %s "postgres://postern:$(cat "$folder/postgres_password")@postgres:5432/postern" | keep store_url ;;
  *) printf %s "$1" | keep store_url ;;
esac
chmod 0700 "$folder"
echo "Secrets are in $folder. The token of the dashboard: $folder/admin_token"
