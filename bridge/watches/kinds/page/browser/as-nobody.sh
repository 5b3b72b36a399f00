#!/bin/sh
# Runs Chromium ($LIGHTBENCH_CHROMIUM) as a user who owns nothing, for a bridge that is root: whatever comes out of a page
# must not be root. Playwright makes the profile's folder as root, so it is given away first.
set -e
for argument in "$@"; do
  case $argument in
    --user-data-dir=*) chown -R 65534:65534 "${argument#--user-data-dir=}" ;;
  esac
done
exec setpriv --reuid=65534 --regid=65534 --clear-groups -- "$LIGHTBENCH_CHROMIUM" "$@"
