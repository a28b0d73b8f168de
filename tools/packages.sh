#!/bin/bash
# tools/packages.sh build|test: installs the Debian packages that are missing for building, or also for testing.
# What counts is whether the command, header or file is there, wherever it came from; so nothing is asked of the
# network, and no root is needed, once all are there. Lines with `wish` make failures and pictures easier to read:
# installed with the tests' packages where that is possible. `--list` prints the packages of all lines.
set -euo pipefail

table() {
  cat <<'TABLE'
build command clang++-19                                                  clang-19
build command ld.lld-19                                                   lld-19
build command cmake                                                       cmake
build command ninja                                                       ninja-build
build command ccache                                                      ccache
build command pkg-config                                                  pkgconf
build command python3                                                     python3
build command node                                                        nodejs
build command npm                                                         npm
build file    /etc/ssl/certs/ca-certificates.crt                          ca-certificates
build file    /usr/lib/postgresql/*/bin/initdb                            postgresql-15
build header  boost/asio/any_completion_handler.hpp                       libboost1.81-dev
build file    /usr/lib/*/cmake/boost_json-1.81*/boost_json-config.cmake   libboost-json1.81-dev
build file    /usr/lib/*/cmake/boost_url-1.81*/boost_url-config.cmake     libboost-url1.81-dev
build header  postgresql/libpq-fe.h                                       libpq-dev
build header  curl/curl.h                                                 libcurl4-openssl-dev
build header  openssl/ssl.h                                               libssl-dev
build header  unicode/uversion.h                                          libicu-dev
build header  sodium.h                                                    libsodium-dev
build header  fmt/core.h                                                  libfmt-dev
build header  spdlog/spdlog.h                                             libspdlog-dev
build header  toml++/toml.h                                               libtomlplusplus-dev
build header  CLI/CLI.hpp                                                 libcli11-dev
build header  prometheus/registry.h                                       prometheus-cpp-dev
build header  benchmark/benchmark.h                                       libbenchmark-dev
build header  fasttext/fasttext.h                                         libfasttext-dev
build header  libstemmer.h                                                libstemmer-dev
build header  qrencode.h                                                  libqrencode-dev
build header  gumbo.h                                                     libgumbo-dev
build header  expat.h                                                     libexpat1-dev
build header  archive.h                                                   libarchive-dev
build header  zlib.h                                                      zlib1g-dev
build header  amqp.h                                                      librabbitmq-dev
build header  roaring/roaring.h                                           libroaring-dev
build header  mimalloc.h                                                  libmimalloc-dev
build header  vips/vips.h                                                 libvips-dev
build file    /usr/share/libtimezonemap/ui/cities15000.txt                 libtimezonemap-data
build file    /usr/share/locale/ru/LC_MESSAGES/geonames.mo                 libgeonames-common
test  header  gtest/gtest.h                                               libgtest-dev
test  header  gmock/gmock.h                                               libgmock-dev
test  command clang-tidy-19                                               clang-tidy-19
test  command clang-format-19                                             clang-format-19
test  file    /usr/lib/llvm-19/lib/clang/19/lib/linux/libclang_rt.asan-*.a libclang-rt-19-dev
wish  file    /usr/lib/llvm-19/bin/llvm-symbolizer                        llvm-19
test  file    /usr/lib/rabbitmq/bin/rabbitmq-server                       rabbitmq-server
test  command redis-server                                                redis-server
test  file    /usr/bin/aws                                                awscli
test  command faketime                                                    faketime
test  command curl                                                        curl
test  command chromium                                                    chromium
build file    /usr/share/fonts/truetype/dejavu/DejaVuSans.ttf             fonts-dejavu-core
wish  file    /usr/share/fonts/truetype/noto/NotoColorEmoji.ttf           fonts-noto-color-emoji
test  file    /usr/lib/python3/dist-packages/telegram/__init__.py         python3-python-telegram-bot
TABLE
}

is_there() {  # is_there KIND WHAT
  case $1 in
    command) command -v "$2" >/dev/null ;;
    header) compgen -G "/usr/include/$2" >/dev/null || compgen -G "/usr/include/*-linux-gnu/$2" >/dev/null ||
      compgen -G "/usr/local/include/$2" >/dev/null ;;
    file) compgen -G "$2" >/dev/null ;;
  esac
}

missing() {  # missing GROUP...: the packages of these groups' lines whose thing is not there
  local group kind what package
  while read -r group kind what package; do
    [[ " $* " == *" $group "* ]] || continue
    is_there "$kind" "$what" || echo "$package"
  done < <(table) | sort -u
}

policy=/usr/sbin/policy-rc.d
forbid_starting() {  # no server that comes with a package may start by itself
  if [[ -e $policy ]]; then mv "$policy" "$policy.before-tandem"; fi
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod 755 "$policy"
}
allow_starting() {
  rm -f "$policy"
  if [[ -e $policy.before-tandem ]]; then mv "$policy.before-tandem" "$policy"; fi
}

install() {
  DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=120 install -y --no-install-recommends "$@"
}

case ${1:-} in
  --list) table | awk '{ print $4 }'; exit ;;
  build) needed=$(missing build) wished= ;;
  test) needed=$(missing build test) wished=$(missing wish) ;;
  *) echo "usage: tools/packages.sh build|test|--list" >&2; exit 2 ;;
esac
if [[ -z $needed && -z $wished ]]; then
  echo "every package is there"
  exit
fi
# shellcheck disable=SC2086  # from here on the lists are words
if ! command -v apt-get >/dev/null || ((EUID != 0)); then
  if [[ -n $wished ]]; then echo "would be nice to have:" $wished; fi
  if [[ -z $needed ]]; then exit; fi
  echo "Packages of Debian 12 are missing. Run this as root, then start again:" >&2
  echo "  apt-get install -y --no-install-recommends" $needed >&2
  exit 1
fi

trap allow_starting EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
forbid_starting
echo "installing:" $needed $wished
apt-get -o DPkg::Lock::Timeout=120 update || echo "the package lists could not be renewed; trying with the old ones"
if [[ -n $needed ]]; then
  install $needed
  still=$(missing build "$1")
  if [[ -n $still ]]; then
    echo "installed, yet not found:" $still >&2
    exit 1
  fi
fi
if [[ -n $wished ]]; then install $wished || echo "left out, not needed:" $wished; fi
