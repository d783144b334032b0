#!/bin/sh
# Looks for a Python that can run setup.py (3.11 or later), which does the rest and says what there is to say.
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd) || exit 1
setup=$here/files/setup.py
if [ ! -f "$setup" ]; then
  echo "文件不全：没有 files/setup.py。请把整个文件夹复制过来（压缩包要先全部解压），再运行一次" >&2
  exit 1
fi
cd / || exit 1 # a relative part of PATH leads nowhere from here
for name in @VERSIONS@ python3; do
  python=$(command -v "$name") || continue
  if "$python" -I -B "$setup" --probe >/dev/null 2>&1; then
    exec "$python" -I -B "$setup" @ARGUMENTS@ "$@"
  fi
done
cat "$here/files/no-python.txt" >&2
exit 1
