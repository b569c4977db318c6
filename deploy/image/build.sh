#!/bin/sh
# First stage of the image: builds the single executable into a folder. It is run in the root of the repository, on a
# Debian with npm or Bun: sh deploy/image/build.sh /out
set -eu

out=${1:?name the folder that the executable goes to}

# Debian's slim images have no certificates, without which nothing can be downloaded.
if [ ! -e /etc/ssl/certs/ca-certificates.crt ]; then
  apt-get -q -y update
  apt-get -q -y install --no-install-recommends ca-certificates
fi

mkdir -p "$out"
sh scripts/bootstrap.sh build --outfile "$out/tureen"
