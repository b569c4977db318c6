#!/bin/sh
# First stage of the image: builds the single executable into a folder. Run it in the root of the repository, on a
# Debian with npm or Bun: sh deploy/image/build.sh /out
set -eu

out=${1:?give the output folder for the executable}

# Debian's slim images lack the certificates that downloads need.
if [ ! -e /etc/ssl/certs/ca-certificates.crt ]; then
  apt-get -q -y update
  apt-get -q -y install --no-install-recommends ca-certificates
fi

mkdir -p "$out"
sh scripts/bootstrap.sh build --outfile "$out/tureen"
